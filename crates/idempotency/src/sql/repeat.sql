INSERT INTO idempotency_repeats (shard, id) SELECT * FROM unnest($1::smallint[], $2::uuid[])
