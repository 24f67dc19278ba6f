-- Whoever locks one is using it up; the next round sees.
UPDATE quotes q SET state = 'expired'
FROM (SELECT shard, id FROM quotes
      WHERE state = 'open' AND expires_at < clock_timestamp() - interval '1 minute'
      ORDER BY expires_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED) AS over
WHERE q.shard = over.shard AND q.id = over.id AND q.state = 'open'
