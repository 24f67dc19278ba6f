-- Destinations are found by jumping through the index, so that a long queue of one costs the others nothing.
WITH RECURSIVE destinations (id) AS (
    (SELECT d.destination FROM deliveries d WHERE d.state = 'pending' ORDER BY d.destination LIMIT 1)
    UNION ALL
    SELECT (SELECT d.destination FROM deliveries d
            WHERE d.state = 'pending' AND d.destination > known.id
            ORDER BY d.destination LIMIT 1)
    FROM destinations known
    WHERE known.id IS NOT NULL
)
SELECT due.shard, due.id, due.destination
FROM destinations
CROSS JOIN LATERAL (
    SELECT d.shard, d.id, d.destination, d.next_at
    FROM deliveries d
    WHERE d.state = 'pending' AND d.destination = destinations.id AND d.next_at <= clock_timestamp()
    ORDER BY d.next_at
    LIMIT $2
) AS due
WHERE destinations.id <> ALL ($1::uuid[])
ORDER BY due.next_at
LIMIT $3
