-- By age, oldest ($2) or newest first, from behind $3 on; of one state ($1): those not active are few and have an index,
-- those active are nearly all.
SELECT m.id, m.kind, m.state, m.name_sealed, m.email_sealed, m.frozen_reason, m.frozen_legal_reference, m.frozen_until,
       m.created_at, m.updated_at, m.tier, m.fully_verified_at IS NOT NULL AS fully_verified,
       m.origin, m.mobile_sealed, m.review_due_at
FROM (
    (SELECT * FROM merchants a WHERE coalesce($1::text, 'active') = 'active' AND $2::boolean AND a.id > $3::uuid
       AND ($1::text IS NULL OR a.state = $1) ORDER BY a.id LIMIT $4::bigint)
    UNION ALL
    (SELECT * FROM merchants a WHERE coalesce($1::text, 'active') = 'active' AND NOT $2::boolean AND a.id < $3::uuid
       AND ($1::text IS NULL OR a.state = $1) ORDER BY a.id DESC LIMIT $4::bigint)
    UNION ALL
    (SELECT * FROM merchants a WHERE a.state = $1 AND a.state <> 'active' AND $2::boolean AND a.id > $3::uuid
     ORDER BY a.id LIMIT $4::bigint)
    UNION ALL
    (SELECT * FROM merchants a WHERE a.state = $1 AND a.state <> 'active' AND NOT $2::boolean AND a.id < $3::uuid
     ORDER BY a.id DESC LIMIT $4::bigint)
) AS m
ORDER BY CASE WHEN $2 THEN m.id END, m.id DESC
LIMIT $4
