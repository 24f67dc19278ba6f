INSERT INTO accounts (shard, id, kind, owner, currency, floor)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
ORDER BY 1, 2
ON CONFLICT DO NOTHING
