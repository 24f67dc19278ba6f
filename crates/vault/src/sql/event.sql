SELECT e.id, e.bank, e.event_id, e.verdict, e.status, e.answer, e.key_id, e.received_at,
       again.redeliveries, coalesce(again.last, e.received_at) AS last_received_at,
       (SELECT count(*) FROM bank_event_replays p WHERE p.shard = e.shard AND p.id = e.id) AS replays,
       later.verdict AS later_verdict, later.status AS later_status, later.answer AS later_answer, later.answered_at
FROM bank_events e
CROSS JOIN LATERAL (
    SELECT count(*) AS redeliveries, max(received_at) AS last
    FROM bank_event_redeliveries WHERE shard = e.shard AND id = e.id
) AS again
LEFT JOIN LATERAL (
    SELECT l.verdict, l.status, l.answer, l.answered_at FROM bank_event_later_answers l
    WHERE l.shard = e.shard AND l.id = e.id
    ORDER BY l.turn DESC LIMIT 1
) AS later ON true
WHERE e.shard = $1 AND e.id = coalesce((
    SELECT first.id FROM bank_event_conflicts c
    CROSS JOIN LATERAL (SELECT convert_to(c.bank, 'UTF8'), convert_to(c.event_id, 'UTF8')) AS t (bank, event_id)
    JOIN bank_event_keys first ON first.shard = c.shard AND first.key = encode(substring(sha256(
        int8send(octet_length(t.bank)) || t.bank || int8send(octet_length(t.event_id)) || t.event_id) FOR 16), 'hex')::uuid
    WHERE c.shard = $1 AND c.id = $2
), $2)
