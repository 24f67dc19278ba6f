UPDATE payees p SET state = $4, rejection = $5, check_at = NULL
WHERE p.shard = $1 AND p.id = $2 AND p.state = $3
RETURNING p.id, p.merchant, p.holder_sealed, p.country, p.currency, p.number_sealed, p.bank_code, p.bank_name, p.state, p.rejection,
          p.scheme, p.warnings, p.check_at, p.created_at, p.deleted_at
