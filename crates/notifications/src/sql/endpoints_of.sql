-- Deleted ones are in no index of merchants. So many ($4) of the shard's are looked at.
SELECT l.id, l.url, l.state, l.created_at, l.matches, l.stops
FROM (
    SELECT o.*, o.merchant = $3 AS matches, row_number() OVER (ORDER BY o.id) = $4 AS stops
    FROM (SELECT * FROM webhook_endpoints e WHERE e.shard = $1 AND e.id > $2 ORDER BY e.id LIMIT $4::bigint) AS o
) AS l
WHERE l.matches OR l.stops
ORDER BY l.id
LIMIT $5
