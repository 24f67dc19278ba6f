UPDATE merchants
SET name_sealed = $3, name_index = $4, email_sealed = $5, email_index = $6, mobile_sealed = NULL,
    mobile_index = NULL, anonymised_at = clock_timestamp()
WHERE shard = $1 AND id = $2 AND closed_at IS NOT NULL AND anonymised_at IS NULL
