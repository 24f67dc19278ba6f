-- The operators' lists. None of these takes an entry of a payout on its ordinary way (queued, sent) before it is paid;
-- payouts_by_status finds those by time, in flight or over.

-- What waits for a person: few rows, read as a whole and put in any order.
CREATE INDEX payouts_for_operators ON payouts (created_at, id) WHERE needs_operator;

-- The largest and the smallest, by currency, of what went wrong. Not of what is paid: entries at random places among all that
-- was ever paid cost each payout more than the list is worth.
CREATE INDEX payouts_by_amount ON payouts (currency, amount_minor, id) WHERE status NOT IN ('queued', 'sent', 'paid');

-- One merchant's, by time. Without its shard: what returns a payment lies in the payment's. A payout's one entry besides.
CREATE INDEX payouts_of_merchant ON payouts (merchant, created_at, id) WHERE status NOT IN ('queued', 'sent');
