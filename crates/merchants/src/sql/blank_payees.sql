UPDATE payees p
SET holder_sealed = b.holder, holder_index = b.holder_index, number_sealed = b.number, number_index = b.number_index,
    tail_index = '', bank_code = NULL, bank_name = NULL, rejection = NULL
FROM unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
     AS b (id, holder, holder_index, number, number_index)
WHERE p.shard = $1 AND p.id = b.id
