INSERT INTO receiving_account_stores (account, store_shard, store) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
