DELETE FROM idempotency_keys k
USING unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS own (shard, digest, id)
WHERE k.shard = own.shard AND k.digest = own.digest AND k.id = own.id
