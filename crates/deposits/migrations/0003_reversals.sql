-- A bank names the payment that it takes back by its reference alone, so the reference comes before the account.
ALTER TABLE payment_keys
    DROP CONSTRAINT payment_keys_pkey,
    ADD CONSTRAINT payment_keys_pkey PRIMARY KEY (shard, bank, reference, account_index, position, variant);

-- One row for each key under which a reversal was ever reported, for ever; in the shard of hash(bank,
-- original_reference). Variants as in payment_keys.
CREATE TABLE reversal_keys (
    shard              smallint NOT NULL,
    bank               text     NOT NULL COLLATE "C",
    original_reference text     NOT NULL COLLATE "C",
    reference          text     NOT NULL COLLATE "C",
    position           integer  NOT NULL CHECK (position >= 0),
    variant            text     NOT NULL COLLATE "C",
    reversal           uuid     NOT NULL,
    amount_minor       bigint   NOT NULL CHECK (amount_minor > 0),
    currency           text     NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (shard, bank, original_reference, reference, position, variant)
);

-- Money that a bank took back (R8), in the shard of the payment that it names.
CREATE TABLE reversals (
    shard              smallint    NOT NULL,
    id                 uuid        NOT NULL,
    bank               text        NOT NULL COLLATE "C",
    account_index      bytea       CHECK (octet_length(account_index) = 32),
    reference          text        NOT NULL COLLATE "C",
    original_reference text        NOT NULL COLLATE "C",
    position           integer     NOT NULL CHECK (position >= 0),
    amount_minor       bigint      NOT NULL CHECK (amount_minor > 0),
    currency           text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    reason             text        COLLATE "C",
    state              text        NOT NULL COLLATE "C"
                                   CHECK (state IN ('waiting', 'held', 'applied', 'dismissed')),
    hold               text        COLLATE "C",
    payment            uuid,
    covered_minor      bigint      NOT NULL DEFAULT 0 CHECK (covered_minor >= 0),
    owed_minor         bigint      NOT NULL DEFAULT 0 CHECK (owed_minor >= 0),
    event              uuid        NOT NULL,
    received_at        timestamptz NOT NULL,
    applied_at         timestamptz,
    PRIMARY KEY (shard, id),
    CONSTRAINT reversals_held_why CHECK ((hold IS NOT NULL) = (state IN ('held', 'dismissed'))),
    CONSTRAINT reversals_applied CHECK ((applied_at IS NOT NULL) = (state = 'applied')),
    CONSTRAINT reversals_applied_to CHECK ((payment IS NOT NULL) = (state = 'applied')),
    CONSTRAINT reversals_parts CHECK (covered_minor + owed_minor IN (0, amount_minor))
) WITH (fillfactor = 90);

-- Asked for every payment that arrives; nearly always empty.
CREATE INDEX reversals_waiting ON reversals (shard, bank, original_reference) WHERE state = 'waiting';

CREATE INDEX reversals_queue ON reversals (state, received_at, id);

CREATE INDEX reversals_of_payment ON reversals (shard, payment) WHERE payment IS NOT NULL;

GRANT SELECT, INSERT ON reversal_keys, reversals TO sluice_runtime;
GRANT UPDATE (state, hold, payment, covered_minor, owed_minor, applied_at) ON reversals TO sluice_runtime;
