-- Whichever comes first: the newest would have to be looked for in every month.
SELECT id, body_sealed FROM bank_event_bytes LIMIT 1
