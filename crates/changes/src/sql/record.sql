INSERT INTO changes (payouts, payments, withdrawals, bank_events, approvals, rates, more)
VALUES ($1, $2, $3, $4, $5, $6, $7)
