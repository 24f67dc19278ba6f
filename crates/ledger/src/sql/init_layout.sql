INSERT INTO ledger_layout (shards, chains) VALUES ($1, $2) ON CONFLICT DO NOTHING
