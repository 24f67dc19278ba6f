-- One that does not arrive goes on being tried for days; whoever mends an endpoint does not wait for that.
SELECT extract(epoch FROM d.created_at + interval '1 minute' - clock_timestamp())::double precision AS seconds
FROM deliveries d
WHERE d.shard = $1 AND d.id = $2 AND d.state = 'pending' AND d.created_at > clock_timestamp() - interval '1 minute'
