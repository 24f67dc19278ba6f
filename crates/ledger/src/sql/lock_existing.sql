-- Those that are there. Whoever could make one of the others waits for a lock that the caller holds.
SELECT a.id, a.debits, a.credits
FROM accounts a
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON a.shard = wanted.shard AND a.id = wanted.id
ORDER BY a.shard, a.id
FOR NO KEY UPDATE OF a
