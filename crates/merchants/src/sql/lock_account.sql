UPDATE receiving_accounts SET linked_at = clock_timestamp()
WHERE merchant = $1 AND shard = $2 AND id = $3
RETURNING id, merchant, bank, currency, jurisdiction, number_sealed, created_at,
          ARRAY(SELECT l.store FROM receiving_account_stores l WHERE l.account = receiving_accounts.id ORDER BY 1) AS stores
