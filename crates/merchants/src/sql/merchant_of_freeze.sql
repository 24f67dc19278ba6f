SELECT merchant FROM amount_freezes WHERE shard = $1 AND id = $2
