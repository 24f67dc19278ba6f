-- Who did what: append-only, each row chained to the one before it by its hash.
CREATE TABLE audit_log (
    seq             bigint      NOT NULL PRIMARY KEY,
    at              timestamptz NOT NULL,
    actor           text        NOT NULL,
    person          text        NOT NULL,
    origin          text        NOT NULL,
    action          text        NOT NULL COLLATE "C",
    subject         text        NOT NULL COLLATE "C",
    reason          text        NOT NULL,
    before          text,
    after           text,
    idempotency_key text,
    hash            bytea       NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_by_subject ON audit_log (subject, seq);

CREATE TABLE audit_head (
    only_row boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint  NOT NULL,
    hash     bytea   NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE approvals (
    id               uuid        NOT NULL PRIMARY KEY,
    action           text        NOT NULL COLLATE "C",
    subject          text        NOT NULL COLLATE "C",
    request          text        NOT NULL,
    shown            text        NOT NULL,
    requested_by     text        NOT NULL,
    requested_person text        NOT NULL,
    reason           text        NOT NULL,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    state            text        NOT NULL COLLATE "C"
                     CHECK (state IN ('pending', 'approved', 'rejected', 'void', 'expired')),
    decided_by       text,
    decided_person   text,
    decided_reason   text,
    decided_at       timestamptz,
    CONSTRAINT approvals_four_eyes CHECK (state <> 'approved' OR decided_person <> requested_person)
);
CREATE INDEX approvals_pending ON approvals (created_at) WHERE state = 'pending';

GRANT SELECT, INSERT ON audit_log, approvals TO sluice_runtime;
GRANT SELECT, UPDATE ON audit_head TO sluice_runtime;
GRANT UPDATE (state, decided_by, decided_person, decided_reason, decided_at) ON approvals TO sluice_runtime;
