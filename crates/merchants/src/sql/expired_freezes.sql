SELECT id FROM (
    (SELECT merchant AS id, until FROM merchant_freezes
     WHERE lifted_at IS NULL AND until IS NOT NULL AND until <= clock_timestamp()
     ORDER BY until LIMIT $1)
    UNION ALL
    (SELECT merchant, until FROM amount_freezes WHERE lifted_at IS NULL AND until IS NOT NULL AND until <= clock_timestamp()
     ORDER BY until LIMIT $1)
) expired
GROUP BY id ORDER BY min(until) LIMIT $1
