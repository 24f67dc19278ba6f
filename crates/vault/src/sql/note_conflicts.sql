-- Once each: after a COMMIT whose answer was lost the same delivery is noted again.
INSERT INTO bank_event_conflicts (shard, id, bank, event_id, body_hash, body_sealed)
SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
ON CONFLICT DO NOTHING
