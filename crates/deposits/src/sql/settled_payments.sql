SELECT payment FROM settlements WHERE shard = $1 AND payment = ANY ($2::uuid[])
