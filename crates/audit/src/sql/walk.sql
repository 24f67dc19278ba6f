SELECT seq, at, actor, person, origin, action, subject, reason, before, after, idempotency_key, hash
FROM audit_log WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3
