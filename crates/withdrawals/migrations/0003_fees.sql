-- What withdrawals cost, in versions: of one scope the one that began last is in force. Append-only. Not sharded:
-- what holds for everyone is read by all.
CREATE TABLE fee_versions (
    id                uuid        PRIMARY KEY,
    merchant          uuid,
    sell_currency     text        NOT NULL COLLATE "C",
    buy_currency      text        COLLATE "C",
    fixed_minor       bigint      NOT NULL CHECK (fixed_minor >= 0),
    parts_per_million integer     NOT NULL CHECK (parts_per_million >= 0 AND parts_per_million < 1000000),
    minimum_minor     bigint      NOT NULL CHECK (minimum_minor >= 0),
    maximum_minor     bigint      CHECK (maximum_minor >= minimum_minor),
    free_minor        bigint      NOT NULL CHECK (free_minor >= 0),
    valid_from        timestamptz NOT NULL,
    valid_until       timestamptz CHECK (valid_until > valid_from),
    created_at        timestamptz NOT NULL
);
CREATE INDEX fee_versions_of_merchant ON fee_versions (merchant);

-- What open quotes keep of the free allowance; none for quotes that keep nothing.
CREATE TABLE fee_reservations (
    shard         smallint    NOT NULL,
    quote         uuid        NOT NULL,
    merchant      uuid        NOT NULL,
    sell_currency text        NOT NULL COLLATE "C",
    free_minor    bigint      NOT NULL CHECK (free_minor > 0),
    expires_at    timestamptz NOT NULL,
    used          boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (shard, quote)
);
CREATE INDEX fee_reservations_open ON fee_reservations (shard, merchant, sell_currency, expires_at) WHERE NOT used;

-- What of the gross was free of the fee: given back with a refusal or a refund.
ALTER TABLE withdrawals ADD COLUMN free_minor bigint NOT NULL DEFAULT 0 CHECK (free_minor >= 0);

GRANT SELECT, INSERT ON fee_versions, fee_reservations TO sluice_runtime;
GRANT UPDATE (used) ON fee_reservations TO sluice_runtime;
