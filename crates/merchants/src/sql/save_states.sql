UPDATE merchants m
SET state = c.state, state_before_freeze = c.before, frozen_reason = c.reason,
    frozen_legal_reference = c.legal_reference, frozen_until = c.until, updated_at = $9,
    closed_at = CASE WHEN c.state = 'closed' THEN $9 ELSE m.closed_at END
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
     AS c (shard, id, expected, state, before, reason, legal_reference, until)
WHERE m.shard = c.shard AND m.id = c.id AND m.state = c.expected
