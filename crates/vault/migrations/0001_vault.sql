-- Keys for ever: who said what under which id.
CREATE TABLE bank_event_keys (
    shard     smallint NOT NULL,
    bank      text     NOT NULL COLLATE "C",
    event_id  text     NOT NULL COLLATE "C",
    id        uuid     NOT NULL,
    body_hash bytea    NOT NULL CHECK (octet_length(body_hash) = 32),
    PRIMARY KEY (shard, bank, event_id)
);

-- What we made of it and what we answered, for ever.
CREATE TABLE bank_events (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    bank        text        NOT NULL COLLATE "C",
    event_id    text        NOT NULL COLLATE "C",
    verdict     text        NOT NULL COLLATE "C" CHECK (verdict IN ('accepted', 'malformed', 'invalid', 'ignored')),
    status      smallint    NOT NULL,
    answer      bytea       NOT NULL,
    key_id      text        NOT NULL COLLATE "C",
    received_at timestamptz NOT NULL,
    PRIMARY KEY (shard, id)
);

-- The bytes themselves, sealed, by time: a month is dropped when its retention is over.
CREATE TABLE bank_event_bytes (
    shard          smallint    NOT NULL,
    id             uuid        NOT NULL,
    received_at    timestamptz NOT NULL,
    headers_sealed bytea       NOT NULL,
    body_sealed    bytea       NOT NULL,
    PRIMARY KEY (shard, id, received_at)
) PARTITION BY RANGE (received_at);
-- What no month takes goes here, so that an insert never fails.
CREATE TABLE bank_event_bytes_rest PARTITION OF bank_event_bytes DEFAULT;
CREATE TABLE bank_event_bytes_2026_11 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2026_12 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_01 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_02 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-02-01 00:00:00+00') TO ('2027-03-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_03 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-03-01 00:00:00+00') TO ('2027-04-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_04 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-04-01 00:00:00+00') TO ('2027-05-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_05 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-05-01 00:00:00+00') TO ('2027-06-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_06 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-06-01 00:00:00+00') TO ('2027-07-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_07 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-07-01 00:00:00+00') TO ('2027-08-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_08 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-08-01 00:00:00+00') TO ('2027-09-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_09 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-09-01 00:00:00+00') TO ('2027-10-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_10 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-10-01 00:00:00+00') TO ('2027-11-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_11 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-11-01 00:00:00+00') TO ('2027-12-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2027_12 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2027-12-01 00:00:00+00') TO ('2028-01-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_01 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-01-01 00:00:00+00') TO ('2028-02-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_02 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-02-01 00:00:00+00') TO ('2028-03-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_03 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-03-01 00:00:00+00') TO ('2028-04-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_04 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-04-01 00:00:00+00') TO ('2028-05-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_05 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-05-01 00:00:00+00') TO ('2028-06-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_06 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-06-01 00:00:00+00') TO ('2028-07-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_07 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-07-01 00:00:00+00') TO ('2028-08-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_08 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-08-01 00:00:00+00') TO ('2028-09-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_09 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-09-01 00:00:00+00') TO ('2028-10-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_10 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-10-01 00:00:00+00') TO ('2028-11-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_11 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-11-01 00:00:00+00') TO ('2028-12-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2028_12 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2028-12-01 00:00:00+00') TO ('2029-01-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_01 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-01-01 00:00:00+00') TO ('2029-02-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_02 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-02-01 00:00:00+00') TO ('2029-03-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_03 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-03-01 00:00:00+00') TO ('2029-04-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_04 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-04-01 00:00:00+00') TO ('2029-05-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_05 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-05-01 00:00:00+00') TO ('2029-06-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_06 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-06-01 00:00:00+00') TO ('2029-07-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_07 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-07-01 00:00:00+00') TO ('2029-08-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_08 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-08-01 00:00:00+00') TO ('2029-09-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_09 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-09-01 00:00:00+00') TO ('2029-10-01 00:00:00+00');
CREATE TABLE bank_event_bytes_2029_10 PARTITION OF bank_event_bytes
    FOR VALUES FROM ('2029-10-01 00:00:00+00') TO ('2029-11-01 00:00:00+00');

-- A row for every redelivery: its answer leaves after a commit of its own.
CREATE TABLE bank_event_redeliveries (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The same id with other bytes: refused, and shown to operators.
CREATE TABLE bank_event_conflicts (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    bank        text        NOT NULL COLLATE "C",
    event_id    text        NOT NULL COLLATE "C",
    body_hash   bytea       NOT NULL,
    body_sealed bytea       NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shard, id)
);

GRANT SELECT, INSERT ON bank_event_keys, bank_events, bank_event_bytes, bank_event_redeliveries, bank_event_conflicts
    TO sluice_runtime;
