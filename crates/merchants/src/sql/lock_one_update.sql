SELECT shard, id, state, state_before_freeze, name_index, fully_verified_at IS NOT NULL AS fully_verified, tier
FROM merchants WHERE shard = $1 AND id = $2 FOR UPDATE
