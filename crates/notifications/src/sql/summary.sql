SELECT count(*) FILTER (WHERE u.due_at < clock_timestamp()) AS overdue, min(u.created_at) AS oldest,
       (SELECT count(*) FROM (SELECT FROM deliveries d WHERE d.state = 'dead' LIMIT 10000) AS dead) AS dead
FROM (SELECT o.due_at, o.created_at FROM outbox o WHERE o.told_at IS NULL ORDER BY o.due_at LIMIT 10000) AS u
