INSERT INTO bank_events (shard, id, bank, event_id, verdict, status, answer, key_id, received_at)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[],
                     $7::bytea[], $8::text[], $9::timestamptz[])
