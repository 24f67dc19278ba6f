-- What was the rate at 14:03:05? Append-only.
CREATE TABLE rates (
    base        text        NOT NULL COLLATE "C",
    quote       text        NOT NULL COLLATE "C",
    as_of       timestamptz NOT NULL,
    bank        text        NOT NULL COLLATE "C",
    bid         numeric     NOT NULL CHECK (bid > 0),
    ask         numeric     NOT NULL CHECK (ask >= bid),
    event       uuid,
    received_at timestamptz NOT NULL
);
CREATE INDEX rates_history ON rates (base, quote, as_of);

CREATE TABLE current_rates (
    base        text        NOT NULL COLLATE "C",
    quote       text        NOT NULL COLLATE "C",
    as_of       timestamptz NOT NULL,
    bank        text        NOT NULL COLLATE "C",
    bid         numeric     NOT NULL CHECK (bid > 0),
    ask         numeric     NOT NULL CHECK (ask >= bid),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (base, quote)
) WITH (fillfactor = 50);

CREATE TABLE quotes (
    shard         smallint    NOT NULL,
    id            uuid        NOT NULL,
    merchant      uuid        NOT NULL,
    state         text        NOT NULL COLLATE "C" CHECK (state IN ('open', 'used')),
    fixed_side    text        NOT NULL COLLATE "C" CHECK (fixed_side IN ('sell', 'buy')),
    sell_currency text        NOT NULL COLLATE "C",
    sell_minor    bigint      NOT NULL CHECK (sell_minor > 0),
    fee_minor     bigint      NOT NULL CHECK (fee_minor >= 0),
    net_minor     bigint      NOT NULL CHECK (net_minor > 0),
    rate          numeric,
    rate_as_of    timestamptz,
    buy_currency  text        NOT NULL COLLATE "C",
    buy_minor     bigint      NOT NULL CHECK (buy_minor > 0),
    exact         numeric     NOT NULL,
    expires_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    withdrawal    uuid,
    PRIMARY KEY (shard, id),
    CHECK ((state = 'used') = (withdrawal IS NOT NULL)),
    CONSTRAINT quotes_sum CHECK (sell_minor = fee_minor + net_minor),
    CONSTRAINT quotes_rate CHECK ((rate IS NULL) = (sell_currency = buy_currency) AND (rate IS NULL) = (rate_as_of IS NULL))
) WITH (fillfactor = 80);

GRANT SELECT, INSERT ON rates, quotes TO sluice_runtime;
GRANT SELECT, INSERT, UPDATE ON current_rates TO sluice_runtime;
GRANT UPDATE (state, withdrawal) ON quotes TO sluice_runtime;
