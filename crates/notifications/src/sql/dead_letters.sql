SELECT d.id, d.notice, d.merchant, d.channel, d.destination, d.attempts, d.replays, d.last_answer, d.created_at,
       d.updated_at, o.event_type, o.subject
FROM deliveries d
JOIN outbox o ON o.shard = d.shard AND o.id = d.notice
WHERE d.state = 'dead'
  AND ($2::uuid IS NULL
       OR (d.updated_at, d.id) > (SELECT l.updated_at, l.id FROM deliveries l WHERE l.shard = $1 AND l.id = $2))
ORDER BY d.updated_at, d.id
LIMIT $3
