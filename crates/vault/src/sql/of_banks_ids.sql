SELECT k.id
FROM unnest($1::smallint[], $2::text[], $3::text[]) AS wanted (shard, bank, event_id)
JOIN bank_event_keys k ON k.shard = wanted.shard AND k.bank = wanted.bank AND k.event_id = wanted.event_id
ORDER BY k.bank, k.id
