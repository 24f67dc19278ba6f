INSERT INTO bank_event_keys (shard, bank, event_id, id, body_hash)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::bytea[]) AS k (shard, bank, event_id, id, hash)
ORDER BY shard, bank COLLATE "C", event_id COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING id
