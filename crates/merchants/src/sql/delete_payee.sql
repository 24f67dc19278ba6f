UPDATE payees SET deleted_at = clock_timestamp(), check_at = NULL
WHERE shard = $1 AND id = $2 AND merchant = $3 AND deleted_at IS NULL
