INSERT INTO client_references (shard, merchant, reference, withdrawal)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[]) AS r (shard, merchant, reference, withdrawal)
ORDER BY shard, merchant, reference COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING withdrawal
