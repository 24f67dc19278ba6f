UPDATE payees p
SET check_attempts = p.check_attempts + 1,
    check_at = CASE WHEN p.check_attempts + 1 < $5::smallint
                    THEN clock_timestamp() + make_interval(secs => least($3 * power(2, p.check_attempts), $4)) END
FROM (SELECT shard, id FROM payees
      WHERE state = 'pending' AND deleted_at IS NULL AND check_at <= clock_timestamp() AND currency = ANY ($1::text[])
      ORDER BY check_at LIMIT $2
      FOR NO KEY UPDATE SKIP LOCKED) due
WHERE p.shard = due.shard AND p.id = due.id
RETURNING p.id, p.merchant, p.holder_sealed, p.country, p.currency, p.number_sealed, p.bank_code, p.bank_name, p.state, p.rejection,
          p.scheme, p.warnings, p.check_at, p.created_at, p.deleted_at
