SELECT count(*) FROM idempotency_keys WHERE starts_with(key, 'old-')
