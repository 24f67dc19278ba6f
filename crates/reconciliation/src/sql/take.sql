INSERT INTO reconciled_entries (shard, kind, entry, line_shard, line)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::uuid[], $4::smallint[], $5::uuid[])
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
