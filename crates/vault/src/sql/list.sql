SELECT e.id, e.bank, e.event_id, e.verdict, e.status, e.key_id, e.received_at,
       (SELECT count(*) FROM bank_event_redeliveries r WHERE r.shard = e.shard AND r.id = e.id) AS redeliveries
FROM (
    SELECT shard, id, bank, event_id, verdict, status, key_id, received_at FROM bank_events
    WHERE ($1::text IS NULL OR bank = $1) AND ($2::text IS NULL OR verdict = $2) AND ($3::uuid IS NULL OR id < $3)
    UNION ALL
    SELECT shard, id, bank, event_id, 'conflict', 409::smallint, NULL, received_at FROM bank_event_conflicts
    WHERE ($1::text IS NULL OR bank = $1) AND ($2::text IS NULL OR $2 = 'conflict') AND ($3::uuid IS NULL OR id < $3)
) AS e
ORDER BY e.id DESC LIMIT $4
