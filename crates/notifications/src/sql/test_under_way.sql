SELECT greatest(0, extract(epoch FROM d.next_at - clock_timestamp()))::double precision AS seconds
FROM deliveries d
WHERE d.shard = $1 AND d.id = $2 AND d.state = 'pending'
