-- Deliveries are written with their notice, in the money's transaction: a row less to touch again, and an index less.
-- What waited to be routed is routed here: to each active endpoint, and by e-mail where there was ever a mail server. An id
-- is a UUID of version 7 with its shard in the last byte.
INSERT INTO deliveries (shard, id, notice, merchant, channel, destination, state, attempts, next_at, created_at, updated_at)
SELECT o.shard,
       encode(set_byte(set_byte(uuid_send(gen_random_uuid()), 6, (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112),
                       15, get_byte(uuid_send(o.id), 15)), 'hex')::uuid,
       o.id, o.merchant, d.channel, d.destination, 'pending', 0, now(), now(), now()
FROM outbox o
CROSS JOIN LATERAL (
    SELECT 'webhook' AS channel, e.id AS destination
    FROM webhook_endpoints e
    WHERE e.shard = o.shard AND e.merchant = o.merchant AND e.state = 'active'
    UNION ALL
    SELECT 'email', '00000000-0000-0000-0000-000000000000'
    WHERE EXISTS (SELECT 1 FROM deliveries WHERE channel = 'email')
) AS d
WHERE o.routed_at IS NULL;

DROP INDEX outbox_not_routed;
ALTER TABLE outbox DROP COLUMN routed_at;
