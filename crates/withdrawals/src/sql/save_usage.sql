UPDATE limit_usage u
SET used_minor = c.used_minor
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::date[], $5::bigint[]) AS c (shard, merchant, limit_name, day, used_minor)
WHERE u.shard = c.shard AND u.merchant = c.merchant AND u.limit_name = c.limit_name AND u.day = c.day
