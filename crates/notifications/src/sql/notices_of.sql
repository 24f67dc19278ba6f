-- No index leads from a merchant to its notices, since every notice would pay for it. So many ($4) of its shard's are looked at.
SELECT l.id, l.event_type, l.subject, l.data, l.due_at, l.created_at, l.told_at, l.matches, l.stops
FROM (
    SELECT o.*, o.merchant = $3 AS matches, row_number() OVER (ORDER BY o.id) = $4 AS stops
    FROM (SELECT * FROM outbox n WHERE n.shard = $1 AND n.id > $2 ORDER BY n.id LIMIT $4::bigint) AS o
) AS l
WHERE l.matches OR l.stops
ORDER BY l.id
LIMIT $5
