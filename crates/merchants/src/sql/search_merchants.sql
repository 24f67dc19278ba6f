SELECT m.id, m.kind, m.state, m.name_sealed, m.email_sealed, m.frozen_reason, m.frozen_legal_reference, m.frozen_until,
       m.created_at, m.updated_at, m.tier, m.fully_verified_at IS NOT NULL AS fully_verified
FROM merchants m
WHERE ($1 OR m.id = $2 OR m.name_index = $3 OR m.email_index = $4) AND ($5::uuid IS NULL OR m.id > $5)
ORDER BY m.id LIMIT $6
