UPDATE payees SET deleted_at = clock_timestamp() WHERE shard = $1 AND id = $2 AND merchant = $3 AND deleted_at IS NULL
