INSERT INTO merchant_documents (shard, id, merchant, kind, number_sealed, number_index, expires_on, added_at, told_at,
                                lapsed_at, replaced_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
