-- The statements of a run whose thousand payments are credited and in the book; each with its first payment.
SELECT e.event_id, (array_agg(p.id ORDER BY p.reference = e.event_id || '-0' DESC))[1]
FROM bank_events e
JOIN payments p ON p.event = e.id
WHERE starts_with(e.event_id, $1)
  AND p.status = 'credited'
  AND EXISTS (SELECT FROM transfers t WHERE t.cause = p.id AND t.posted_at >= p.received_at - interval '1 minute')
GROUP BY e.event_id
HAVING count(*) = 1000
