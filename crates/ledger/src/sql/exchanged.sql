SELECT t.currency, t.kind, sum(t.amount) AS minor
FROM transfers t
JOIN accounts a ON a.shard = t.shard AND a.kind = 'exchange'
     AND a.id = CASE WHEN t.kind IN ('exchange_sold', 'exchange_undone') THEN t.credit_account ELSE t.debit_account END
WHERE t.shard = ANY ($1::smallint[]) AND t.seq >= $2 AND t.seq < $3 AND t.posted_at >= $4 AND t.posted_at < $5
  AND t.kind IN ('exchange_sold', 'exchange_bought', 'exchange_undone', 'refund')
GROUP BY t.currency, t.kind
