-- So many events ($5) and as many refused reuses, oldest ($3) or newest first, from behind $4 on. What was not
-- accepted ($6: sought by its verdict) has an index of its own. Only that can have come to more by a replay.
WITH looked_at AS MATERIALIZED (
    SELECT l.shard, l.id, l.conflict, ($1::text IS NULL OR l.bank = $1) AND ($2::text IS NULL OR l.verdict = $2) AS matches,
           l.n = $5 AS stops
    FROM (
        SELECT e.shard, e.id, e.bank, e.n, false AS conflict,
               CASE WHEN e.verdict = 'accepted' THEN e.verdict
                    ELSE coalesce((SELECT a.verdict FROM bank_event_later_answers a WHERE a.shard = e.shard AND a.id = e.id
                                   ORDER BY a.turn DESC LIMIT 1), e.verdict) END AS verdict
        FROM (
            SELECT f.*, row_number() OVER (ORDER BY f.id) AS n
            FROM (SELECT b.shard, b.id, b.bank, b.verdict FROM bank_events b
                  WHERE NOT $6::boolean AND $3::boolean AND b.id > $4::uuid
                  ORDER BY b.id LIMIT $5::bigint) AS f
            UNION ALL
            SELECT f.*, row_number() OVER (ORDER BY f.id DESC) AS n
            FROM (SELECT b.shard, b.id, b.bank, b.verdict FROM bank_events b
                  WHERE NOT $6::boolean AND NOT $3::boolean AND b.id < $4::uuid
                  ORDER BY b.id DESC LIMIT $5::bigint) AS f
            UNION ALL
            SELECT f.*, row_number() OVER (ORDER BY f.id) AS n
            FROM (SELECT b.shard, b.id, b.bank, b.verdict FROM bank_events b
                  WHERE $6::boolean AND $3::boolean AND b.verdict <> 'accepted' AND b.id > $4::uuid
                  ORDER BY b.id LIMIT $5::bigint) AS f
            UNION ALL
            SELECT f.*, row_number() OVER (ORDER BY f.id DESC) AS n
            FROM (SELECT b.shard, b.id, b.bank, b.verdict FROM bank_events b
                  WHERE $6::boolean AND NOT $3::boolean AND b.verdict <> 'accepted' AND b.id < $4::uuid
                  ORDER BY b.id DESC LIMIT $5::bigint) AS f
        ) AS e
        UNION ALL
        SELECT f.shard, f.id, f.bank, row_number() OVER (ORDER BY f.id) AS n, true, 'conflict'
        FROM (SELECT c.shard, c.id, c.bank FROM bank_event_conflicts c WHERE $3::boolean AND c.id > $4::uuid
              ORDER BY c.id LIMIT $5::bigint) AS f
        UNION ALL
        SELECT f.shard, f.id, f.bank, row_number() OVER (ORDER BY f.id DESC) AS n, true, 'conflict'
        FROM (SELECT c.shard, c.id, c.bank FROM bank_event_conflicts c WHERE NOT $3::boolean AND c.id < $4::uuid
              ORDER BY c.id DESC LIMIT $5::bigint) AS f
    ) AS l
),
page AS (
    SELECT * FROM looked_at WHERE matches OR stops ORDER BY CASE WHEN $3 THEN id END, id DESC LIMIT $7
)
SELECT e.id, e.bank, e.event_id, e.verdict, e.status, e.key_id, e.received_at, e.matches, e.stops,
       CASE WHEN e.conflict THEN 0
            ELSE (SELECT count(*) FROM bank_event_redeliveries r WHERE r.shard = e.shard AND r.id = e.id) END AS redeliveries
FROM (
    SELECT b.shard, b.id, b.bank, b.event_id, coalesce(later.verdict, b.verdict) AS verdict,
           coalesce(later.status, b.status) AS status, b.key_id, b.received_at, p.conflict, p.matches, p.stops
    FROM page p
    CROSS JOIN LATERAL (SELECT * FROM bank_events e WHERE e.shard = p.shard AND e.id = p.id LIMIT 1) AS b
    LEFT JOIN LATERAL (
        SELECT l.verdict, l.status FROM bank_event_later_answers l
        WHERE l.shard = b.shard AND l.id = b.id
        ORDER BY l.turn DESC LIMIT 1
    ) AS later ON true
    WHERE NOT p.conflict
    UNION ALL
    SELECT c.shard, c.id, c.bank, c.event_id, 'conflict', 409::smallint, NULL, c.received_at, p.conflict, p.matches, p.stops
    FROM page p
    CROSS JOIN LATERAL (SELECT * FROM bank_event_conflicts k WHERE k.shard = p.shard AND k.id = p.id LIMIT 1) AS c
    WHERE p.conflict
) AS e
ORDER BY CASE WHEN $3 THEN e.id END, e.id DESC
