-- The operators' list. Each withdrawal lies in one of these two: the first stays small, the second goes by currency.
CREATE INDEX withdrawals_not_paid ON withdrawals (status, id) WHERE status <> 'paid';
CREATE INDEX withdrawals_paid ON withdrawals (buy_currency, id) WHERE status = 'paid';

-- Merchants name a withdrawal by their own reference; operators find it without knowing whose it is.
CREATE INDEX client_references_by_reference ON client_references (reference);
