COPY payments (shard, id, bank, reference, position, account_index, account, merchant, merchant_shard, amount_minor, currency,
               status, reason, conflict, sum_mismatch, details_sealed, uetr, value_date, event, received_at, decided_at,
               reversed_minor)
FROM STDIN BINARY
