-- Insert-only: the key says who was first, the answer is written beside it in the same transaction.
CREATE TABLE idempotency_keys (
    shard        smallint    NOT NULL,
    scope        text        NOT NULL COLLATE "C",
    key          text        NOT NULL COLLATE "C",
    id           uuid        NOT NULL,
    request_hash bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    PRIMARY KEY (shard, scope, key)
);

CREATE TABLE idempotency_answers (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    status      smallint    NOT NULL,
    body        bytea       NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id)
);

CREATE TABLE idempotency_repeats (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    repeated_at timestamptz NOT NULL DEFAULT now()
);

-- DELETE is for keys of this very transaction whose answer must not be stored.
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO sluice_runtime;
GRANT SELECT, INSERT ON idempotency_answers, idempotency_repeats TO sluice_runtime;
