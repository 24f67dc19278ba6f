SELECT m.id, m.kind, m.state, m.name_sealed, m.email_sealed, m.frozen_reason, m.frozen_legal_reference, m.frozen_until,
       m.created_at, m.updated_at, m.tier, m.fully_verified_at IS NOT NULL AS fully_verified,
       m.origin, m.mobile_sealed, m.review_due_at
FROM merchants m WHERE m.shard = $1 AND m.id = $2
