SELECT m.id, m.kind, m.origin FROM merchants m
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON m.shard = wanted.shard AND m.id = wanted.id
