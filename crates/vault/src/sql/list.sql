SELECT e.id, e.bank, e.event_id, e.verdict, e.status, e.key_id, e.received_at,
       (SELECT count(*) FROM bank_event_redeliveries r WHERE r.shard = e.shard AND r.id = e.id) AS redeliveries
FROM (
    SELECT found.* FROM generate_series(0, 255) AS shards (shard)
    CROSS JOIN LATERAL (
        SELECT b.shard, b.id, b.bank, b.event_id, coalesce(later.verdict, b.verdict) AS verdict,
               coalesce(later.status, b.status) AS status, b.key_id, b.received_at
        FROM bank_events b
        LEFT JOIN LATERAL (
            SELECT l.verdict, l.status FROM bank_event_later_answers l
            WHERE l.shard = b.shard AND l.id = b.id
            ORDER BY l.turn DESC LIMIT 1
        ) AS later ON true
        WHERE b.shard = shards.shard::smallint AND ($1::text IS NULL OR b.bank = $1)
          AND ($2::text IS NULL OR coalesce(later.verdict, b.verdict) = $2) AND ($3::uuid IS NULL OR b.id < $3)
        ORDER BY b.id DESC LIMIT $4
    ) AS found
    UNION ALL
    SELECT shard, id, bank, event_id, 'conflict', 409::smallint, NULL, received_at FROM bank_event_conflicts
    WHERE ($1::text IS NULL OR bank = $1) AND ($2::text IS NULL OR $2 = 'conflict') AND ($3::uuid IS NULL OR id < $3)
) AS e
ORDER BY e.id DESC LIMIT $4
