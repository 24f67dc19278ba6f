SELECT seq, count, root, hash, sealed_at
FROM seals WHERE chain = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4
