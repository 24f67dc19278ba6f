INSERT INTO armings (operator, person, reason, armed_at, armed_until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator) DO UPDATE
SET person = excluded.person, reason = excluded.reason, armed_at = excluded.armed_at, armed_until = excluded.armed_until
