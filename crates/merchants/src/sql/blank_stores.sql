-- A name of its own for each: no two stores of a merchant's have the same.
UPDATE stores s SET name = s.id::text
FROM (
    SELECT f.id FROM stores f WHERE f.shard = $1 AND f.merchant = $2 AND f.id > $3 ORDER BY f.id LIMIT $4
) AS step
WHERE s.shard = $1 AND s.id = step.id
RETURNING s.id
