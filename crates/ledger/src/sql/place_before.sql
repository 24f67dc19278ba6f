-- The last seal before the first one of this time or later; the last of all where there is none.
SELECT coalesce((SELECT seq - 1 FROM seals WHERE chain = $1 AND sealed_at >= $2 ORDER BY sealed_at, seq LIMIT 1),
                (SELECT max(seq) FROM seals WHERE chain = $1), 0) AS seq
