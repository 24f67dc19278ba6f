-- One row for each transaction that changed something of this; null where nothing of a kind did. Not the truth, only
-- where to look: so it needs no write-ahead log, and is empty after a crash.
CREATE UNLOGGED TABLE changes (
    xact        xid8        NOT NULL DEFAULT pg_current_xact_id() PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    payouts     uuid[],
    payments    uuid[],
    withdrawals uuid[],
    bank_events uuid[],
    approvals   uuid[],
    rates       uuid[],
    -- Bits in the order of the columns: others changed besides those that are named.
    more        smallint    NOT NULL
);
-- Ids don't compress, and the row is small by its bounds: never look whether it could be smaller.
ALTER TABLE changes
    ALTER COLUMN payouts     SET STORAGE PLAIN,
    ALTER COLUMN payments    SET STORAGE PLAIN,
    ALTER COLUMN withdrawals SET STORAGE PLAIN,
    ALTER COLUMN bank_events SET STORAGE PLAIN,
    ALTER COLUMN approvals   SET STORAGE PLAIN,
    ALTER COLUMN rates       SET STORAGE PLAIN;

-- Which feed this is: another one after a crash. Of it is gone what transactions up to `lost` wrote.
CREATE UNLOGGED TABLE change_feed (
    only_row boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    id       uuid    NOT NULL DEFAULT gen_random_uuid(),
    lost     xid8    NOT NULL DEFAULT '0'
);
INSERT INTO change_feed DEFAULT VALUES;

GRANT SELECT, INSERT, DELETE ON changes TO sluice_runtime;
GRANT SELECT, INSERT ON change_feed TO sluice_runtime;
GRANT UPDATE (lost) ON change_feed TO sluice_runtime;
