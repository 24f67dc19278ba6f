UPDATE merchant_documents SET told_at = $3, lapsed_at = $4, replaced_at = $5 WHERE shard = $1 AND id = $2
