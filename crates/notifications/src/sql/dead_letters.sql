-- Behind a time and an id: the row that a page ended with may have been sent again since.
SELECT d.id, d.notice, d.merchant, d.channel, d.destination, d.attempts, d.replays, d.last_answer, d.created_at,
       d.updated_at, o.event_type, o.subject
FROM deliveries d
JOIN outbox o ON o.shard = d.shard AND o.id = d.notice
WHERE d.state = 'dead' AND (d.updated_at, d.id) > ($1, $2)
ORDER BY d.updated_at, d.id
LIMIT $3
