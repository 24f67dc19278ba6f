SELECT b.headers_sealed, b.body_sealed
FROM bank_events e
JOIN bank_event_bytes b ON b.shard = e.shard AND b.id = e.id AND b.received_at = e.received_at
WHERE e.shard = $1 AND e.id = $2
UNION ALL
SELECT NULL, c.body_sealed FROM bank_event_conflicts c
WHERE c.shard = $1 AND c.id = $2 AND c.body_sealed <> ''
