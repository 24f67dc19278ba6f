SELECT k.shard, k.key, k.id, k.body_hash,
       coalesce(later.status, e.status) AS status, coalesce(later.answer, e.answer) AS answer
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, key)
JOIN bank_event_keys k ON k.shard = wanted.shard AND k.key = wanted.key
LEFT JOIN bank_events e ON e.shard = k.shard AND e.id = k.id
LEFT JOIN LATERAL (
    SELECT l.status, l.answer FROM bank_event_later_answers l
    WHERE e.status >= 400 AND l.shard = e.shard AND l.id = e.id
    ORDER BY l.turn LIMIT 1
) AS later ON true
