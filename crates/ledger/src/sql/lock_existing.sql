-- Those that are there. Whoever could make one of the others waits for a lock that the caller holds. None while one of the guards
-- ($3, $4) is not there: the statement before, which locks them, has locked none of them then.
SELECT a.id, a.debits, a.credits
FROM accounts a
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON a.shard = wanted.shard AND a.id = wanted.id
WHERE cardinality($4::uuid[]) = (
    SELECT count(*) FROM unnest($3::smallint[], $4::uuid[]) AS g (shard, id)
    JOIN accounts b ON b.shard = g.shard AND b.id = g.id
)
ORDER BY a.shard, a.id
FOR NO KEY UPDATE OF a
