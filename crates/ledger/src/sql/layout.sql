SELECT shards, chains FROM ledger_layout
