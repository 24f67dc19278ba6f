INSERT INTO idempotency_keys (shard, scope, key, id, request_hash)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::bytea[]) AS k (shard, scope, key, id, hash)
ORDER BY shard, scope COLLATE "C", key COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING id
