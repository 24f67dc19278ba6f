CREATE TABLE withdrawals (
    shard             smallint    NOT NULL,
    id                uuid        NOT NULL,
    merchant          uuid        NOT NULL,
    payee             uuid        NOT NULL,
    quote             uuid,
    client_reference  text        COLLATE "C",
    status            text        NOT NULL COLLATE "C",
    bank              text        NOT NULL COLLATE "C",
    sell_currency     text        NOT NULL COLLATE "C",
    sell_minor        bigint      NOT NULL CHECK (sell_minor > 0),
    fee_minor         bigint      NOT NULL CHECK (fee_minor >= 0),
    net_minor         bigint      NOT NULL CHECK (net_minor > 0),
    rate              numeric,
    rate_as_of        timestamptz,
    buy_currency      text        NOT NULL COLLATE "C",
    buy_minor         bigint      NOT NULL CHECK (buy_minor > 0),
    exact             numeric     NOT NULL,
    to_send_minor     bigint      NOT NULL CHECK (to_send_minor >= 0),
    attempts          integer     NOT NULL CHECK (attempts > 0),
    failure_code      text,
    failure_reason    text,
    estimated_arrival timestamptz NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (shard, id),
    CHECK (sell_minor = fee_minor + net_minor)
) WITH (fillfactor = 80);

CREATE INDEX withdrawals_by_merchant ON withdrawals (shard, merchant, id);

CREATE TABLE client_references (
    shard      smallint NOT NULL,
    merchant   uuid     NOT NULL,
    reference  text     NOT NULL COLLATE "C",
    withdrawal uuid     NOT NULL,
    PRIMARY KEY (shard, merchant, reference)
);

GRANT SELECT, INSERT ON withdrawals TO sluice_runtime;
GRANT UPDATE (status, payee, to_send_minor, attempts, failure_code, failure_reason, estimated_arrival, updated_at)
    ON withdrawals TO sluice_runtime;
-- DELETE is for references of this very transaction whose withdrawal was refused.
GRANT SELECT, INSERT, DELETE ON client_references TO sluice_runtime;
