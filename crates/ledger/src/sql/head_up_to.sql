SELECT chain, seq, hash FROM seals WHERE chain = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1
