SELECT e.id, coalesce(later.verdict, e.verdict) AS verdict, coalesce(later.status, e.status) AS status,
       coalesce(later.answer, e.answer) AS answer
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id)
JOIN bank_events e ON e.shard = wanted.shard AND e.id = wanted.id
LEFT JOIN LATERAL (
    SELECT l.verdict, l.status, l.answer FROM bank_event_later_answers l
    WHERE l.shard = e.shard AND l.id = e.id
    ORDER BY l.turn DESC LIMIT 1
) AS later ON true
