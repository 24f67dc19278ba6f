-- What an authority stops: an amount of one currency that can't leave (R32). Lifted by two persons, or by its end.
CREATE TABLE amount_freezes (
    shard           smallint    NOT NULL,
    id              uuid        NOT NULL,
    merchant        uuid        NOT NULL,
    currency        text        NOT NULL COLLATE "C",
    amount_minor    bigint      NOT NULL CHECK (amount_minor > 0),
    reason          text        NOT NULL,
    legal_reference text,
    until           timestamptz,
    created_at      timestamptz NOT NULL,
    lifted_at       timestamptz,
    PRIMARY KEY (shard, id)
);
CREATE INDEX amount_freezes_of ON amount_freezes (shard, merchant) WHERE lifted_at IS NULL;
CREATE INDEX amount_freezes_until ON amount_freezes (until) WHERE lifted_at IS NULL AND until IS NOT NULL;

GRANT SELECT, INSERT ON amount_freezes TO sluice_runtime;
GRANT UPDATE (lifted_at) ON amount_freezes TO sluice_runtime;
