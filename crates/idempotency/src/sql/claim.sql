INSERT INTO idempotency_keys (shard, digest, scope, key, id, request_hash)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bytea[])
    AS k (shard, digest, scope, key, id, hash)
ORDER BY shard, digest
ON CONFLICT DO NOTHING
RETURNING id
