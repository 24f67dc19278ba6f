SELECT currency FROM accounts WHERE shard = $1 AND owner = $2 AND kind = 'receivable' AND credits <> debits ORDER BY currency
