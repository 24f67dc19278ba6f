SELECT count(*) FILTER (WHERE check_at IS NOT NULL) AS asking, count(*) FILTER (WHERE check_at IS NULL) AS given_up
FROM payees WHERE state = 'pending' AND deleted_at IS NULL
