-- The events of a run whose payment is credited and in the book.
SELECT e.event_id, p.id
FROM bank_events e
JOIN payments p ON p.event = e.id
WHERE starts_with(e.event_id, $1)
  AND p.status = 'credited'
  AND EXISTS (SELECT FROM transfers t WHERE t.cause = p.id AND t.posted_at >= p.received_at - interval '1 minute')
