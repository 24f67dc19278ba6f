SELECT EXISTS (SELECT FROM accounts b WHERE b.shard = $1 AND b.owner = $2 AND b.kind = 'merchant' AND b.credits <> b.debits)
           AS balance,
       EXISTS (SELECT FROM accounts r WHERE r.shard = $1 AND r.owner = $2 AND r.kind = 'receivable' AND r.credits <> r.debits)
           AS receivable
