SELECT 1 FROM seals WHERE chain = $1 AND seq = $2 AND sealed_at < $3
