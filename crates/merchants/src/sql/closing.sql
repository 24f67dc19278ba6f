SELECT id FROM merchants WHERE state = 'closing' AND id > $1 ORDER BY id LIMIT $2
