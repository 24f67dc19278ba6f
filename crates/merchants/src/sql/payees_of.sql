SELECT p.id, p.merchant, p.holder_sealed, p.country, p.currency, p.number_sealed, p.bank_code, p.bank_name, p.state, p.rejection,
       p.scheme, p.warnings, p.check_at, p.created_at, p.deleted_at
FROM payees p
WHERE p.shard = $1 AND p.merchant = $2 AND ($3::uuid IS NULL OR p.id > $3)
ORDER BY p.id LIMIT $4
