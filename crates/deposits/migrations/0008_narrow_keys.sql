-- A key is inserted with every payment and lies anywhere in its index: so it is numbers of fixed width, and the texts stay in
-- payments. `reference_key` is the first 64 bits of SHA-256 over bank and reference, by which reversals find candidates; `key`
-- the first 128 over bank, reference, account_index, position (32 bits) and variant; each part behind its length (64 bits), all
-- numbers big-endian.
ALTER TABLE payment_keys RENAME TO payment_keys_before;
ALTER INDEX payment_keys_pkey RENAME TO payment_keys_before_pkey;
CREATE TABLE payment_keys (
    shard         smallint NOT NULL,
    reference_key bigint   NOT NULL,
    key           uuid     NOT NULL,
    payment       uuid     NOT NULL,
    amount_minor  bigint   NOT NULL CHECK (amount_minor > 0),
    currency      text     NOT NULL COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$')
);
INSERT INTO payment_keys (shard, reference_key, key, payment, amount_minor, currency)
SELECT k.shard,
       ('x' || encode(substring(sha256(named.parts) FOR 8), 'hex'))::bit(64)::bigint,
       encode(substring(sha256(named.parts || int8send(octet_length(k.account_index)) || k.account_index
           || int8send(4) || int4send(k.position)
           || int8send(octet_length(convert_to(k.variant, 'UTF8'))) || convert_to(k.variant, 'UTF8')) FOR 16), 'hex')::uuid,
       k.payment, k.amount_minor, k.currency
FROM payment_keys_before k
CROSS JOIN LATERAL (SELECT convert_to(k.bank, 'UTF8'), convert_to(k.reference, 'UTF8')) AS t (bank, reference)
CROSS JOIN LATERAL (SELECT int8send(octet_length(t.bank)) || t.bank
                        || int8send(octet_length(t.reference)) || t.reference) AS named (parts);
DROP TABLE payment_keys_before;
-- Once all are in it: sorted, where each by itself would go anywhere in it.
ALTER TABLE payment_keys ADD PRIMARY KEY (shard, reference_key, key);
GRANT SELECT, INSERT ON payment_keys TO sluice_runtime;
