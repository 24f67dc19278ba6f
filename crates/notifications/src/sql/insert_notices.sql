INSERT INTO outbox (shard, id, merchant, kind, event_type, subject, data, due_at, created_at)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::timestamptz[], $9::timestamptz[])
