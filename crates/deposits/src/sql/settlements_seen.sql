UPDATE settlements SET seen = $3
WHERE shard = $1 AND id = ANY ($2::uuid[]) AND state IN ('announced', 'investigating')
