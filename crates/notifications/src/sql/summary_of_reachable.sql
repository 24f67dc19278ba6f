-- What a channel carries and has not delivered: bounded by what is on its way or given up.
SELECT count(*) FILTER (WHERE u.due_at < clock_timestamp()) AS overdue, min(u.created_at) AS oldest,
       (SELECT count(*) FROM (SELECT FROM deliveries d WHERE d.state = 'dead' LIMIT 10000) AS dead) AS dead
FROM (
    SELECT o.due_at, o.created_at
    FROM (SELECT DISTINCT c.shard, c.notice
          FROM ((SELECT p.shard, p.notice FROM deliveries p WHERE p.state = 'pending' LIMIT 10000)
                UNION ALL
                (SELECT g.shard, g.notice FROM deliveries g WHERE g.state = 'dead' LIMIT 10000)) AS c) AS carried
    JOIN outbox o ON o.shard = carried.shard AND o.id = carried.notice
    WHERE o.told_at IS NULL
) AS u
