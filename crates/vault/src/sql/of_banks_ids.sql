SELECT e.id
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, key)
JOIN bank_event_keys k ON k.shard = wanted.shard AND k.key = wanted.key
JOIN bank_events e ON e.shard = k.shard AND e.id = k.id
ORDER BY e.bank, e.id
