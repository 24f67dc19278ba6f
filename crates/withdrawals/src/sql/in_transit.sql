SELECT sell_currency, sum(sell_minor)::bigint AS minor FROM withdrawals
WHERE shard = $1 AND merchant = $2 AND status IN ('processing', 'payee_action_required', 'failed', 'returned')
GROUP BY sell_currency
