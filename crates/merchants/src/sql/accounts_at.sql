SELECT DISTINCT a.id
FROM receiving_accounts a
JOIN receiving_account_stores l ON l.account = a.id
JOIN stores s ON s.shard = l.store_shard AND s.id = l.store
WHERE a.merchant = $1 AND ($2::text IS NULL OR s.platform = $2) AND ($3::text IS NULL OR s.site = $3)
