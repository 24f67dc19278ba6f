INSERT INTO bank_event_keys (shard, key, id, body_hash)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::bytea[]) AS k (shard, key, id, hash)
ORDER BY shard, key
ON CONFLICT DO NOTHING
RETURNING id
