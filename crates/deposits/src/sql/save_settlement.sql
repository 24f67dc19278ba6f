UPDATE settlements
SET state = $4, payment = $5, asked_at = $6, finding = $7, finding_reason = $8, settled_at = $9
WHERE shard = $1 AND id = $2 AND state = $3
