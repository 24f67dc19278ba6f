SELECT count(*) AS waiting, count(*) FILTER (WHERE review_due_at < clock_timestamp()) AS overdue, min(created_at) AS oldest
FROM merchants WHERE state = 'pending'
