-- No row: it is another merchant's, who is not closed.
INSERT INTO merchant_marks AS held (kind, mark_index, merchant) VALUES ($1, $2, $3)
ON CONFLICT (kind, mark_index) DO UPDATE SET merchant = excluded.merchant
WHERE held.merchant = excluded.merchant
   OR EXISTS (SELECT FROM merchants m WHERE m.id = held.merchant AND m.state = 'closed')
RETURNING xmax = 0 AS is_new
