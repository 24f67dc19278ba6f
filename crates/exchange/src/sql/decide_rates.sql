UPDATE rates r SET state = d.after, decided_at = d.decided_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS d (id, before, after, decided_at)
WHERE r.id = d.id AND r.state = d.before
