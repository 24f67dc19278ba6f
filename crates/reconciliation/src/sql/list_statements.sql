SELECT s.id, s.bank, s.covers, s.number, s.currency, s.from_date, s.to_date, s.opening_minor, s.closing_minor,
       s.difference::text AS difference, s.lines, s.event, s.received_at, n.stored, n.open, n.matched, n.explained
FROM bank_statements s
CROSS JOIN LATERAL (
    SELECT count(*) AS stored, count(*) FILTER (WHERE l.state = 'open') AS open,
           count(*) FILTER (WHERE l.state = 'matched') AS matched, count(*) FILTER (WHERE l.state = 'explained') AS explained
    FROM reconciliation_lines l WHERE l.shard = s.shard AND l.statement = s.id
) AS n
WHERE (s.received_at, s.id) < ($1, $2) AND ($4::text IS NULL OR s.bank = $4)
ORDER BY s.received_at DESC, s.id DESC
LIMIT $3
