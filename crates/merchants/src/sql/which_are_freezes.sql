SELECT f.id FROM amount_freezes f
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON f.shard = wanted.shard AND f.id = wanted.id
