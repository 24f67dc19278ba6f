CREATE TABLE merchants (
    shard                  smallint    NOT NULL,
    id                     uuid        NOT NULL,
    kind                   text        NOT NULL COLLATE "C" CHECK (kind IN ('individual', 'enterprise')),
    state                  text        NOT NULL COLLATE "C",
    state_before_freeze    text        COLLATE "C",
    name_sealed            bytea       NOT NULL,
    name_index             bytea       NOT NULL,
    email_sealed           bytea       NOT NULL,
    email_index            bytea       NOT NULL,
    frozen_reason          text,
    frozen_legal_reference text,
    frozen_until           timestamptz,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id),
    CHECK ((state = 'frozen') = (state_before_freeze IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX merchants_by_name ON merchants (name_index);
CREATE INDEX merchants_by_email ON merchants (email_index);
CREATE INDEX merchants_frozen_until ON merchants (frozen_until) WHERE frozen_until IS NOT NULL;

CREATE TABLE users (
    shard        smallint    NOT NULL,
    id           uuid        NOT NULL,
    merchant     uuid        NOT NULL,
    label        text        NOT NULL,
    state        text        NOT NULL COLLATE "C" CHECK (state IN ('active', 'frozen', 'deleted')),
    api_key_hash bytea       NOT NULL CHECK (octet_length(api_key_hash) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX users_by_api_key ON users (api_key_hash);

CREATE TABLE stores (
    shard            smallint    NOT NULL,
    id               uuid        NOT NULL,
    merchant         uuid        NOT NULL,
    platform         text        NOT NULL COLLATE "C",
    site             text        NOT NULL COLLATE "C",
    name             text        NOT NULL,
    authorised_until timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id)
);

-- Lies in the shard of (bank, number): an account issued later changes nothing of where its payments lie.
CREATE TABLE receiving_accounts (
    shard         smallint    NOT NULL,
    id            uuid        NOT NULL,
    merchant      uuid        NOT NULL,
    bank          text        NOT NULL COLLATE "C",
    number_sealed bytea       NOT NULL,
    number_index  bytea       NOT NULL,
    currency      text        NOT NULL COLLATE "C",
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, bank, number_index)
);
CREATE INDEX receiving_accounts_by_merchant ON receiving_accounts (merchant);

CREATE TABLE receiving_account_stores (
    account     uuid     NOT NULL,
    store_shard smallint NOT NULL,
    store       uuid     NOT NULL,
    PRIMARY KEY (account, store)
);

CREATE TABLE orders (
    shard        smallint    NOT NULL,
    store        uuid        NOT NULL,
    order_id     text        NOT NULL COLLATE "C",
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL COLLATE "C",
    ordered_at   timestamptz NOT NULL,
    PRIMARY KEY (shard, store, order_id)
);

CREATE TABLE payees (
    shard         smallint    NOT NULL,
    id            uuid        NOT NULL,
    merchant      uuid        NOT NULL,
    holder_sealed bytea       NOT NULL,
    holder_index  bytea       NOT NULL,
    country       text        NOT NULL COLLATE "C",
    currency      text        NOT NULL COLLATE "C",
    number_sealed bytea       NOT NULL,
    number_index  bytea       NOT NULL,
    bank_code     text,
    bank_name     text,
    state         text        NOT NULL COLLATE "C" CHECK (state IN ('verified', 'pending', 'rejected')),
    rejection     text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz,
    PRIMARY KEY (shard, id)
);
CREATE INDEX payees_by_merchant ON payees (shard, merchant, id) WHERE deleted_at IS NULL;

GRANT SELECT, INSERT ON merchants, users, stores, receiving_accounts, receiving_account_stores, orders, payees
    TO sluice_runtime;
GRANT UPDATE (state, state_before_freeze, frozen_reason, frozen_legal_reference, frozen_until, updated_at)
    ON merchants TO sluice_runtime;
GRANT UPDATE (state) ON users TO sluice_runtime;
GRANT UPDATE (authorised_until) ON stores TO sluice_runtime;
GRANT UPDATE (deleted_at, state, rejection) ON payees TO sluice_runtime;
