SELECT count(*) AS accounts
FROM receiving_accounts a
WHERE a.merchant = $1 AND a.currency = $2
