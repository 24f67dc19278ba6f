INSERT INTO bank_event_later_answers (shard, id, turn, verdict, status, answer, answered_at)
SELECT a.*, $7::timestamptz
FROM unnest($1::smallint[], $2::uuid[], $3::integer[], $4::text[], $5::smallint[], $6::bytea[]) AS a
