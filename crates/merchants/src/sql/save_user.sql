UPDATE users SET state = $4 WHERE shard = $1 AND id = $2 AND state = $3
