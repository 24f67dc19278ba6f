INSERT INTO idempotency_repeats AS r (shard, slot)
SELECT * FROM unnest($1::smallint[], $2::smallint[]) AS own (shard, slot) ORDER BY shard
ON CONFLICT (shard, slot) DO UPDATE SET times = r.times + 1, repeated_at = now()
