UPDATE users u SET label = ''
FROM (
    SELECT f.id FROM users f WHERE f.shard = $1 AND f.merchant = $2 AND f.id > $3 ORDER BY f.id LIMIT $4
) AS step
WHERE u.shard = $1 AND u.id = step.id
RETURNING u.id
