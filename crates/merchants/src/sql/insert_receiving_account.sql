INSERT INTO receiving_accounts (shard, id, merchant, bank, number_sealed, number_index, currency, jurisdiction, tail_index)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
