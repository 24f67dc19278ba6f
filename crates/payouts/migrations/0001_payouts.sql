-- One attempt at one bank. Reference, bank, amount and beneficiary never change: another one is another attempt.
CREATE TABLE payouts (
    shard                 smallint    NOT NULL,
    id                    uuid        NOT NULL,
    withdrawal            uuid,
    payment               uuid,
    merchant              uuid,
    bank                  text        NOT NULL COLLATE "C",
    attempt               integer     NOT NULL CHECK (attempt > 0),
    amount_minor          bigint      NOT NULL CHECK (amount_minor > 0),
    currency              text        NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    beneficiary_sealed    bytea       NOT NULL,
    status                text        NOT NULL COLLATE "C" CHECK (status IN
        ('queued', 'held', 'sent', 'unknown', 'paid', 'failed', 'returned', 'disputed')),
    held_by               text        COLLATE "C" CHECK (held_by IN ('operator', 'freeze')),
    bank_reference        text,
    amount_received_minor bigint      CHECK (amount_received_minor >= 0),
    returned_minor        bigint      CHECK (returned_minor > 0),
    reason                text,
    sends                 integer     NOT NULL CHECK (sends >= 0),
    queries               integer     NOT NULL CHECK (queries >= 0),
    delays                integer     NOT NULL CHECK (delays >= 0),
    needs_operator        boolean     NOT NULL,
    created_at            timestamptz NOT NULL,
    sent_at               timestamptz,
    updated_at            timestamptz NOT NULL,
    PRIMARY KEY (shard, id),
    -- A payout carries out a withdrawal or returns a payment, never both.
    CONSTRAINT payouts_purpose CHECK ((withdrawal IS NULL) <> (payment IS NULL)),
    CONSTRAINT payouts_held CHECK ((status = 'held') = (held_by IS NOT NULL)),
    CONSTRAINT payouts_returned CHECK ((status = 'returned') <= (returned_minor IS NOT NULL)),
    CONSTRAINT payouts_returned_bound CHECK (returned_minor <= amount_minor)
) WITH (fillfactor = 70);

CREATE INDEX payouts_of_withdrawal ON payouts (shard, withdrawal) WHERE withdrawal IS NOT NULL;
CREATE INDEX payouts_of_payment ON payouts (shard, payment) WHERE payment IS NOT NULL;

-- The operators' lists and ages.
CREATE INDEX payouts_by_status ON payouts (status, created_at, id);

-- What a freeze holds and its end releases.
CREATE INDEX payouts_not_at_bank ON payouts (shard, merchant) WHERE status IN ('queued', 'held');

-- What the worker has to do next; no row where there is nothing to do. Changed only under the lock of its payout.
-- While claimed, run_at is the end of the lease.
CREATE TABLE payout_jobs (
    shard       smallint    NOT NULL,
    payout      uuid        NOT NULL,
    bank        text        NOT NULL COLLATE "C",
    merchant    uuid,
    kind        text        NOT NULL COLLATE "C" CHECK (kind IN ('send', 'query')),
    run_at      timestamptz NOT NULL,
    lease_until timestamptz,
    token       uuid,
    PRIMARY KEY (shard, payout),
    CONSTRAINT payout_jobs_claim CHECK ((lease_until IS NULL) = (token IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100,
        autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX payout_jobs_due ON payout_jobs (bank, run_at);

-- What was asked and heard about a payout, in words without personal data. Never changed.
CREATE TABLE payout_evidence (
    shard  smallint    NOT NULL,
    payout uuid        NOT NULL,
    id     uuid        NOT NULL,
    at     timestamptz NOT NULL,
    source text        NOT NULL COLLATE "C",
    text   text        NOT NULL,
    PRIMARY KEY (shard, payout, id)
);

GRANT SELECT, INSERT ON payouts, payout_evidence TO sluice_runtime;
GRANT UPDATE (status, held_by, bank_reference, amount_received_minor, returned_minor, reason, sends, queries, delays,
              needs_operator, sent_at, updated_at) ON payouts TO sluice_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON payout_jobs TO sluice_runtime;
