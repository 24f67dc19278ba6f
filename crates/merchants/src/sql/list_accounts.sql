SELECT a.id, a.merchant, a.bank, a.currency, a.jurisdiction, a.number_sealed, a.created_at,
       ARRAY(SELECT l.store FROM receiving_account_stores l WHERE l.account = a.id ORDER BY 1) AS stores
FROM receiving_accounts a
WHERE a.merchant = $1 AND ($2::uuid IS NULL OR a.id > $2)
ORDER BY a.id
LIMIT $3
