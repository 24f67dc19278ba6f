INSERT INTO idempotency_answers (shard, id, status, body)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::smallint[], $4::bytea[])
