SELECT shard, id, state, state_before_freeze, name_index FROM merchants WHERE shard = $1 AND id = $2 FOR UPDATE
