-- While claimed, next_at is the end of the lease: whoever looks then may take it.
WITH free AS (
    SELECT d.shard, d.id, d.notice, d.destination, c.token
    FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, id, token)
    JOIN deliveries d ON d.shard = c.shard AND d.id = c.id
    WHERE d.state = 'pending' AND d.next_at <= clock_timestamp()
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE deliveries d
SET token = f.token, next_at = clock_timestamp() + make_interval(secs => $4::double precision),
    updated_at = clock_timestamp()
FROM free f
JOIN outbox o ON o.shard = f.shard AND o.id = f.notice
LEFT JOIN webhook_endpoints e ON e.shard = f.shard AND e.id = f.destination
WHERE d.shard = f.shard AND d.id = f.id
RETURNING d.shard, d.id, d.notice, d.merchant, d.destination, d.attempts, d.token, o.event_type, o.subject, o.data,
    o.created_at, e.url, e.secret_sealed, e.state AS endpoint_state
