-- A key never expires and its age is not known when it comes again, so time can't divide the keys: a hash does. What is
-- looked up is a digest of scope and key, a third as large as the texts; the texts stay beside it and are compared.
ALTER TABLE idempotency_keys RENAME TO idempotency_keys_before;
ALTER INDEX idempotency_keys_pkey RENAME TO idempotency_keys_before_pkey;
CREATE TABLE idempotency_keys (
    shard        smallint    NOT NULL,
    digest       uuid        NOT NULL,
    scope        text        NOT NULL COLLATE "C",
    key          text        NOT NULL COLLATE "C",
    id           uuid        NOT NULL,
    request_hash bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    PRIMARY KEY (shard, digest)
) PARTITION BY HASH (shard, digest);
CREATE TABLE idempotency_keys_0 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE idempotency_keys_1 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE idempotency_keys_2 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE idempotency_keys_3 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE idempotency_keys_4 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE idempotency_keys_5 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE idempotency_keys_6 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE idempotency_keys_7 PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 8, REMAINDER 7);
INSERT INTO idempotency_keys (shard, digest, scope, key, id, request_hash)
SELECT shard, encode(substring(sha256(convert_to(scope || chr(31) || key, 'UTF8')) FOR 16), 'hex')::uuid,
       scope, key, id, request_hash
FROM idempotency_keys_before;
DROP TABLE idempotency_keys_before;

-- An answer is found by its key's id, which begins with the time: a year of answers is written, frozen, and then touched
-- by nothing but a repeat of a request of that year.
ALTER TABLE idempotency_answers RENAME TO idempotency_answers_before;
ALTER INDEX idempotency_answers_pkey RENAME TO idempotency_answers_before_pkey;
CREATE TABLE idempotency_answers (
    shard       smallint    NOT NULL,
    id          uuid        NOT NULL,
    status      smallint    NOT NULL,
    body        bytea       NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id)
) PARTITION BY RANGE (id);
-- What no year takes goes here, so that an insert never fails.
CREATE TABLE idempotency_answers_rest PARTITION OF idempotency_answers DEFAULT;
CREATE TABLE idempotency_answers_2026 PARTITION OF idempotency_answers
    FOR VALUES FROM ('019b76da-a800-0000-0000-000000000000') TO ('01a2ce8b-d400-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2027 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01a2ce8b-d400-0000-0000-000000000000') TO ('01aa263d-0000-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2028 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01aa263d-0000-0000-0000-000000000000') TO ('01b18314-8800-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2029 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01b18314-8800-0000-0000-000000000000') TO ('01b8dac5-b400-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2030 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01b8dac5-b400-0000-0000-000000000000') TO ('01c03276-e000-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2031 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01c03276-e000-0000-0000-000000000000') TO ('01c78a28-0c00-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2032 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01c78a28-0c00-0000-0000-000000000000') TO ('01cee6ff-9400-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2033 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01cee6ff-9400-0000-0000-000000000000') TO ('01d63eb0-c000-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2034 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01d63eb0-c000-0000-0000-000000000000') TO ('01dd9661-ec00-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2035 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01dd9661-ec00-0000-0000-000000000000') TO ('01e4ee13-1800-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2036 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01e4ee13-1800-0000-0000-000000000000') TO ('01ec4aea-a000-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2037 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01ec4aea-a000-0000-0000-000000000000') TO ('01f3a29b-cc00-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2038 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01f3a29b-cc00-0000-0000-000000000000') TO ('01fafa4c-f800-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2039 PARTITION OF idempotency_answers
    FOR VALUES FROM ('01fafa4c-f800-0000-0000-000000000000') TO ('020251fe-2400-0000-0000-000000000000');
CREATE TABLE idempotency_answers_2040 PARTITION OF idempotency_answers
    FOR VALUES FROM ('020251fe-2400-0000-0000-000000000000') TO ('0209aed5-ac00-0000-0000-000000000000');
INSERT INTO idempotency_answers (shard, id, status, body, answered_at)
SELECT shard, id, status, body, answered_at FROM idempotency_answers_before;
DROP TABLE idempotency_answers_before;

-- A repeated answer leaves after a commit of its own, which must write something: one of these rows, over and over. The
-- rows that were here before said nothing that anybody reads.
DROP TABLE idempotency_repeats;
CREATE TABLE idempotency_repeats (
    shard       smallint    NOT NULL,
    slot        smallint    NOT NULL CHECK (slot BETWEEN 0 AND 1023),
    times       bigint      NOT NULL DEFAULT 1,
    repeated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, slot)
) WITH (fillfactor = 50);

-- DELETE is for keys of this very transaction whose answer must not be stored.
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO sluice_runtime;
GRANT SELECT, INSERT ON idempotency_answers, idempotency_repeats TO sluice_runtime;
GRANT UPDATE (times, repeated_at) ON idempotency_repeats TO sluice_runtime;
