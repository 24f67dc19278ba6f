-- To this endpoint alone, which the transaction has locked.
WITH endpoint AS (
    UPDATE webhook_endpoints e
    SET last_test = $3::uuid
    WHERE e.shard = $1 AND e.id = $4
    RETURNING e.shard, e.id, e.merchant
), notice AS (
    INSERT INTO outbox (shard, id, merchant, kind, event_type, subject, data, due_at, created_at)
    SELECT e.shard, $2::uuid, e.merchant, 'test', 'webhook.test', $5, $6, now(), now()
    FROM endpoint e
)
INSERT INTO deliveries (shard, id, notice, merchant, channel, destination, state, attempts, next_at, created_at,
                        updated_at)
SELECT e.shard, $3::uuid, $2::uuid, e.merchant, 'webhook', e.id, 'pending', 0, now(), now(), now()
FROM endpoint e
