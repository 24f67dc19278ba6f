SELECT w.id, w.merchant, w.payee, w.quote, w.client_reference, w.status, w.bank, w.sell_currency, w.sell_minor, w.fee_minor,
       w.net_minor, w.rate, w.rate_as_of, w.buy_currency, w.buy_minor, w.exact, w.to_send_minor, w.attempts, w.failure_code,
       w.failure_reason, w.estimated_arrival, w.worth_usd_minor, w.free_minor, w.spread_minor, w.premium_minor, w.created_at, w.updated_at
FROM withdrawals w
WHERE w.shard = $1 AND w.merchant = $2 AND w.status = 'paid' AND w.id < $4::uuid
  AND ($3::text IS NULL OR w.buy_currency = $3)
ORDER BY w.id DESC LIMIT $5
