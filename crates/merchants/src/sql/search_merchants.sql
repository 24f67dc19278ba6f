-- By id, whole name or whole e-mail address, each by its index: few, in any order.
SELECT m.id, m.kind, m.state, m.name_sealed, m.email_sealed, m.frozen_reason, m.frozen_legal_reference, m.frozen_until,
       m.created_at, m.updated_at, m.tier, m.fully_verified_at IS NOT NULL AS fully_verified,
       m.origin, m.mobile_sealed, m.review_due_at
FROM (
    SELECT i.shard, i.id FROM merchants i WHERE i.id = $1::uuid
    UNION
    SELECT n.shard, n.id FROM merchants n WHERE n.name_index = $2
    UNION
    SELECT e.shard, e.id FROM merchants e WHERE e.email_index = $3
) AS found
JOIN merchants m ON m.shard = found.shard AND m.id = found.id
WHERE ($4::text IS NULL OR m.state = $4) AND CASE WHEN $5::boolean THEN m.id > $6::uuid ELSE m.id < $6::uuid END
ORDER BY CASE WHEN $5 THEN m.id END, m.id DESC
LIMIT $7
