SELECT p.id, p.merchant, p.holder_sealed, p.country, p.currency, p.number_sealed, p.bank_code, p.bank_name, p.state, p.rejection,
       p.scheme, p.warnings, p.check_at, p.created_at, p.deleted_at
FROM payees p
JOIN unnest($1::smallint[], $2::uuid[]) AS wanted (shard, id) ON p.shard = wanted.shard AND p.id = wanted.id
