-- The bounds name the years: without them every year is opened.
SELECT a.shard, a.id, a.status, a.body
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id)
JOIN idempotency_answers a ON a.shard = wanted.shard AND a.id = wanted.id AND a.id BETWEEN $3 AND $4
