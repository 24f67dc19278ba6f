INSERT INTO payees (shard, id, merchant, holder_sealed, holder_index, country, currency, number_sealed, number_index,
                    bank_code, bank_name, state, rejection)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
RETURNING id, merchant, holder_sealed, country, currency, number_sealed, bank_code, bank_name, state, rejection,
          created_at, deleted_at
