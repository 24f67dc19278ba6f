COPY transfers (shard, seq, position, debit_account, credit_account, amount, currency, kind, cause, owner, posted_at)
FROM STDIN BINARY
