SELECT m.shard, m.id, m.state, m.state_before_freeze, m.name_index, m.fully_verified_at IS NOT NULL AS fully_verified, m.tier
FROM merchants m
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON m.shard = wanted.shard AND m.id = wanted.id
ORDER BY m.shard, m.id
FOR SHARE OF m
