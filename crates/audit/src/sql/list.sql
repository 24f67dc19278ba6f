SELECT seq, at, actor, person, origin, action, subject, reason, before, after, idempotency_key, hash
FROM audit_log WHERE ($1::text IS NULL OR subject = $1) AND ($2::bigint IS NULL OR seq < $2)
ORDER BY seq DESC LIMIT $3
