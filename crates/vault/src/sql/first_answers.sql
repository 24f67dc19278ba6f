SELECT k.bank, k.event_id, k.id, k.body_hash, e.status, e.answer
FROM unnest($1::smallint[], $2::text[], $3::text[]) AS wanted (shard, bank, event_id)
JOIN bank_event_keys k ON k.shard = wanted.shard AND k.bank = wanted.bank AND k.event_id = wanted.event_id
LEFT JOIN bank_events e ON e.shard = k.shard AND e.id = k.id
