INSERT INTO seals (chain, seq, count, root, hash, sealed_at)
SELECT s.*, $6::timestamptz
FROM unnest($1::smallint[], $2::bigint[], $3::integer[], $4::bytea[], $5::bytea[]) AS s
