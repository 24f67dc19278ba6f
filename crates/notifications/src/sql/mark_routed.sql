UPDATE outbox o
SET routed_at = now()
FROM unnest($1::smallint[], $2::uuid[]) AS n (shard, id)
WHERE o.shard = n.shard AND o.id = n.id AND o.routed_at IS NULL
