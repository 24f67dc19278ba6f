UPDATE merchants SET tier = $3 WHERE shard = $1 AND id = $2
