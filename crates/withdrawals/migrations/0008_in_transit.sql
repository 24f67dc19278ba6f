-- What is debited for withdrawals that are not final, by merchant and sold currency: moved in the transaction that changes one, so
-- that a look at a balance costs the same however many are under way. No CHECK that it is never below zero: what is to be taken off
-- would fail it before it meets the row that it is taken off from; who moves it looks at the sum.
CREATE TABLE in_transit (
    shard    smallint NOT NULL,
    merchant uuid     NOT NULL,
    currency text     NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    minor    bigint   NOT NULL,
    PRIMARY KEY (shard, merchant, currency)
) WITH (fillfactor = 50);

INSERT INTO in_transit (shard, merchant, currency, minor)
SELECT shard, merchant, sell_currency, sum(sell_minor)
FROM withdrawals
WHERE status IN ('processing', 'payee_action_required', 'failed', 'returned')
GROUP BY shard, merchant, sell_currency;

DROP INDEX withdrawals_in_transit;

GRANT SELECT, INSERT ON in_transit TO sluice_runtime;
GRANT UPDATE (minor) ON in_transit TO sluice_runtime;
