SELECT id FROM merchants WHERE closed_at <= $1 AND anonymised_at IS NULL ORDER BY closed_at LIMIT $2
