SELECT u.merchant, u.limit_name, u.day, u.used_minor
FROM limit_usage u
JOIN unnest($1::smallint[], $2::uuid[], $3::text[], $4::date[]) AS w (shard, merchant, limit_name, day)
  ON u.shard = w.shard AND u.merchant = w.merchant AND u.limit_name = w.limit_name AND u.day = w.day
ORDER BY u.shard, u.merchant, u.limit_name, u.day
FOR NO KEY UPDATE OF u
