INSERT INTO limit_usage (shard, merchant, limit_name, day, used_minor)
SELECT w.shard, w.merchant, w.limit_name, w.day, 0
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::date[]) AS w (shard, merchant, limit_name, day)
ON CONFLICT DO NOTHING
