INSERT INTO bank_event_bytes (shard, id, headers_sealed, body_sealed, received_at)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bytea[], $4::bytea[], $5::timestamptz[])
