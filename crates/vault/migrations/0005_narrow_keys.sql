-- A key is looked for and inserted with every event, and lies anywhere in its index: so it is a number of fixed width. It is the
-- first half of SHA-256 over bank and event id, each behind its length (64 bits, big-endian); the texts stay in bank_events.
ALTER TABLE bank_event_keys RENAME TO bank_event_keys_before;
ALTER INDEX bank_event_keys_pkey RENAME TO bank_event_keys_before_pkey;
CREATE TABLE bank_event_keys (
    shard     smallint NOT NULL,
    key       uuid     NOT NULL,
    id        uuid     NOT NULL,
    body_hash bytea    NOT NULL CHECK (octet_length(body_hash) = 32)
);
INSERT INTO bank_event_keys (shard, key, id, body_hash)
SELECT k.shard, encode(substring(sha256(
           int8send(octet_length(t.bank)) || t.bank || int8send(octet_length(t.event_id)) || t.event_id) FOR 16), 'hex')::uuid,
       k.id, k.body_hash
FROM bank_event_keys_before k
CROSS JOIN LATERAL (SELECT convert_to(k.bank, 'UTF8'), convert_to(k.event_id, 'UTF8')) AS t (bank, event_id);
DROP TABLE bank_event_keys_before;
-- Once all are in it: sorted, where each by itself would go anywhere in it.
ALTER TABLE bank_event_keys ADD PRIMARY KEY (shard, key);
GRANT SELECT, INSERT ON bank_event_keys TO sluice_runtime;
