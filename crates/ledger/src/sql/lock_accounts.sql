-- All of them or none: while the missing ones are made, no lock may be held, since those of who comes next are taken
-- in order.
SELECT a.id, a.debits, a.credits
FROM accounts a
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON a.shard = wanted.shard AND a.id = wanted.id
WHERE cardinality($2::uuid[]) = (
    SELECT count(*) FROM unnest($1::smallint[], $2::uuid[]) AS w (shard, id)
    JOIN accounts b ON b.shard = w.shard AND b.id = w.id
)
ORDER BY a.shard, a.id
FOR NO KEY UPDATE OF a
