SELECT id, received_at FROM bank_event_conflicts
WHERE shard = $1 AND bank = $2 AND event_id = $3
ORDER BY received_at, id LIMIT $4
