-- What a balance-of-payments declaration of a conversion needs (R43), written with it. Append-only: a conversion that
-- was undone has a second record.
CREATE TABLE declarations (
    shard            smallint    NOT NULL,
    id               uuid        NOT NULL,
    withdrawal       uuid        NOT NULL,
    merchant         uuid        NOT NULL,
    event            text        NOT NULL COLLATE "C" CHECK (event IN ('conversion', 'undone')),
    day              date        NOT NULL,
    sell_currency    text        NOT NULL COLLATE "C",
    net_minor        bigint      NOT NULL CHECK (net_minor > 0),
    fee_minor        bigint      NOT NULL CHECK (fee_minor >= 0),
    rate             numeric     NOT NULL CHECK (rate > 0),
    buy_currency     text        NOT NULL COLLATE "C",
    buy_minor        bigint      NOT NULL CHECK (buy_minor > 0),
    bank             text        NOT NULL COLLATE "C",
    origin_country   text        COLLATE "C",
    payee_country    text        NOT NULL COLLATE "C",
    transaction_code text        NOT NULL COLLATE "C",
    booked_at        timestamptz NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX declarations_of_day ON declarations (day, booked_at, id);
-- One conversion, undone at most once.
CREATE UNIQUE INDEX declarations_once ON declarations (shard, withdrawal, event);

GRANT SELECT, INSERT ON declarations TO sluice_runtime;
