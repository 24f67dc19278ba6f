-- By the whole number ($1), else by its last four characters ($2), each by its index; those of the whole number first, the newest first.
SELECT p.id, p.merchant, p.holder_sealed, p.country, p.currency, p.number_sealed, p.bank_code, p.bank_name, p.state, p.rejection,
       p.scheme, p.warnings, p.check_at, p.created_at, p.deleted_at
FROM (
    (SELECT n.shard, n.id FROM payees n WHERE n.number_index = $1 ORDER BY n.id DESC LIMIT $3)
    UNION
    (SELECT t.shard, t.id FROM payees t WHERE t.tail_index = $2 AND t.tail_index <> '' ORDER BY t.id DESC LIMIT $3)
) AS found
JOIN payees p ON p.shard = found.shard AND p.id = found.id
ORDER BY p.number_index = $1 DESC, p.id DESC
LIMIT $3
