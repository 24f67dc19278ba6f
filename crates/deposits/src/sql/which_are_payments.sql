SELECT p.id FROM payments p
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON p.shard = wanted.shard AND p.id = wanted.id
