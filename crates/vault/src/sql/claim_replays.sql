INSERT INTO bank_event_replays (shard, id, turn)
SELECT e.shard, e.id,
       1 + coalesce((SELECT max(p.turn) FROM bank_event_replays p WHERE p.shard = e.shard AND p.id = e.id), 0)
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id)
JOIN bank_events e ON e.shard = wanted.shard AND e.id = wanted.id
ORDER BY e.shard, e.id
ON CONFLICT DO NOTHING
RETURNING id, turn
