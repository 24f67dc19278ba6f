SELECT p.id, p.account
FROM payments p
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON p.shard = wanted.shard AND p.id = wanted.id
WHERE p.account IS NOT NULL
