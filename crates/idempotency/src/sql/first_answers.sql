SELECT k.shard, k.scope, k.key, k.id, k.request_hash, a.status, a.body
FROM unnest($1::smallint[], $2::text[], $3::text[]) AS wanted (shard, scope, key)
JOIN idempotency_keys k ON k.shard = wanted.shard AND k.scope = wanted.scope AND k.key = wanted.key
LEFT JOIN idempotency_answers a ON a.shard = k.shard AND a.id = k.id
