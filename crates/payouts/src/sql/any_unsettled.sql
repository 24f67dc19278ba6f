SELECT EXISTS (
    SELECT FROM payouts
    WHERE shard = $1 AND merchant = $2 AND status IN ('queued', 'held', 'sent', 'unknown', 'disputed')
) AS found
