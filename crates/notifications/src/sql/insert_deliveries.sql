INSERT INTO deliveries (shard, id, notice, merchant, channel, destination, state, attempts, next_at, created_at,
                        updated_at)
SELECT n.shard, n.id, n.notice, n.merchant,
       CASE WHEN n.destination = '00000000-0000-0000-0000-000000000000' THEN 'email' ELSE 'webhook' END,
       n.destination, 'pending', 0, now(), now(), now()
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[])
    AS n (shard, id, notice, merchant, destination)
ORDER BY n.shard, n.id
