SELECT k.key FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, key)
JOIN bank_event_keys k ON k.shard = wanted.shard AND k.key = wanted.key
