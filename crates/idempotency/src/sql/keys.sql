SELECT k.shard, k.digest, k.scope, k.key, k.id, k.request_hash
FROM unnest($1::smallint[], $2::uuid[]) AS wanted (shard, digest)
JOIN idempotency_keys k ON k.shard = wanted.shard AND k.digest = wanted.digest
