SELECT shards FROM ledger_layout
