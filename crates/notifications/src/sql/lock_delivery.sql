SELECT d.state FROM deliveries d WHERE d.shard = $1 AND d.id = $2 FOR UPDATE
