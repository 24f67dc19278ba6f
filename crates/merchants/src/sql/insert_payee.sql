INSERT INTO payees (shard, id, merchant, holder_sealed, holder_index, country, currency, number_sealed, number_index,
                    bank_code, bank_name, state, rejection, scheme, warnings, check_at, check_attempts, tail_index)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
        clock_timestamp() + make_interval(secs => $16), CASE WHEN $16 IS NULL THEN 0 ELSE 1 END, $17)
RETURNING id, merchant, holder_sealed, country, currency, number_sealed, bank_code, bank_name, state, rejection,
          scheme, warnings, check_at, created_at, deleted_at
