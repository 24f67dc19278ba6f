DELETE FROM merchant_marks k
WHERE k.merchant = $1 AND EXISTS (SELECT FROM merchants m WHERE m.id = k.merchant AND m.closed_at IS NOT NULL)
