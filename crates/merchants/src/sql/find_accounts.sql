-- By the whole number ($1), else by its last four characters ($2), each by its index; those of the whole number first, the newest first.
SELECT a.id, a.merchant, a.bank, a.currency, a.jurisdiction, a.number_sealed, a.created_at,
       ARRAY(SELECT l.store FROM receiving_account_stores l WHERE l.account = a.id ORDER BY 1) AS stores
FROM (
    (SELECT n.shard, n.bank, n.number_index FROM receiving_accounts n WHERE n.number_index = $1 ORDER BY n.id DESC LIMIT $3)
    UNION
    (SELECT t.shard, t.bank, t.number_index FROM receiving_accounts t
     WHERE t.tail_index = $2 AND t.tail_index <> '' ORDER BY t.id DESC LIMIT $3)
) AS found
JOIN receiving_accounts a
  ON a.shard = found.shard AND a.bank = found.bank AND a.number_index = found.number_index
ORDER BY a.number_index = $1 DESC, a.id DESC
LIMIT $3
