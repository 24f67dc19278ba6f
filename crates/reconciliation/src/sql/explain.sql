UPDATE reconciliation_lines
SET state = 'explained', explanation = $3, explained_by = $4, settled_at = $5
WHERE shard = $1 AND id = $2 AND state = 'open'
