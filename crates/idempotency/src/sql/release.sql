DELETE FROM idempotency_keys k
USING unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[]) AS own (shard, scope, key, id)
WHERE k.shard = own.shard AND k.scope = own.scope AND k.key = own.key AND k.id = own.id
