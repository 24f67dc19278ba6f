UPDATE merchants SET fully_verified_at = $3 WHERE shard = $1 AND id = $2
