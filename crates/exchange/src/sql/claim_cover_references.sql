INSERT INTO cover_references (bank, bank_reference, deal)
SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[]) AS c (bank, bank_reference, deal)
ORDER BY bank COLLATE "C", bank_reference COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING deal
