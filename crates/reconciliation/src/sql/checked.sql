UPDATE bank_statements SET checked_at = $3 WHERE shard = $1 AND id = $2 AND checked_at IS NULL
