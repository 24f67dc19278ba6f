INSERT INTO bank_event_bytes (shard, id, headers_sealed, body_sealed, received_at)
SELECT e.*, $5::timestamptz FROM unnest($1::smallint[], $2::uuid[], $3::bytea[], $4::bytea[]) AS e
