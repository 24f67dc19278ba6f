UPDATE audit_head SET seq = $1, hash = $2 WHERE only_row
