SELECT id FROM (
    (SELECT id, frozen_until AS until FROM merchants WHERE frozen_until IS NOT NULL AND frozen_until <= clock_timestamp()
     ORDER BY frozen_until LIMIT $1)
    UNION ALL
    (SELECT merchant, until FROM amount_freezes WHERE lifted_at IS NULL AND until IS NOT NULL AND until <= clock_timestamp()
     ORDER BY until LIMIT $1)
) expired
GROUP BY id ORDER BY min(until) LIMIT $1
