UPDATE merchant_documents d
SET number_sealed = b.number, number_index = b.number_index
FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS b (id, number, number_index)
WHERE d.shard = $1 AND d.id = b.id
