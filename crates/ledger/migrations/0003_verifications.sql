-- Each time the books were proved, and what came of it. Append-only.
CREATE TABLE verifications (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finished_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by       text        NOT NULL COLLATE "C" CHECK (made_by IN ('schedule', 'command')),
    result        text        NOT NULL COLLATE "C" CHECK (result IN ('holds', 'broken', 'failed')),
    -- The invariants that don't hold, each once.
    broken        text[]      NOT NULL,
    -- In words: what isn't as it should be, or why it came to no end. No personal data.
    report        text[]      NOT NULL,
    took_ms       bigint      NOT NULL CHECK (took_ms >= 0),
    seals         bigint      NOT NULL,
    transfers     bigint      NOT NULL,
    audit_entries bigint      NOT NULL,
    CHECK ((result = 'broken') = (cardinality(broken) > 0)),
    CHECK ((result = 'holds') = (cardinality(report) = 0))
);

GRANT SELECT, INSERT ON verifications TO sluice_runtime;
