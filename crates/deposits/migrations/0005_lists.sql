-- The operators' queues by amount, beside those by time. A payment credited at once is in none and costs the index nothing.
CREATE INDEX payments_by_amount ON payments (status, currency, amount_minor, id) WHERE status <> 'credited';
