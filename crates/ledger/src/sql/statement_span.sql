-- The last seal by time from before $2, and the first by time from $3 on; without a time, or such a seal, the ends of
-- the chain.
SELECT coalesce((SELECT seq FROM seals WHERE chain = $1 AND sealed_at < $2 ORDER BY sealed_at DESC LIMIT 1),
                0) AS behind,
       coalesce((SELECT seq FROM seals WHERE chain = $1 AND sealed_at >= $3 ORDER BY sealed_at LIMIT 1),
                9223372036854775807) AS until
