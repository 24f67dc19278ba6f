-- No row: it is another merchant's, who is not closed. Taken over from a closed one it is new to the merchant: whoever else takes it
-- meanwhile is waited for, and is not closed then.
WITH before AS (SELECT merchant FROM merchant_marks WHERE kind = $1 AND mark_index = $2)
INSERT INTO merchant_marks AS held (kind, mark_index, merchant) VALUES ($1, $2, $3)
ON CONFLICT (kind, mark_index) DO UPDATE SET merchant = excluded.merchant
WHERE held.merchant = excluded.merchant
   OR EXISTS (SELECT FROM merchants m WHERE m.id = held.merchant AND m.state = 'closed')
RETURNING NOT EXISTS (SELECT FROM before WHERE before.merchant = held.merchant) AS is_new
