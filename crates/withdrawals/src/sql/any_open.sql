SELECT EXISTS (
    SELECT FROM withdrawals
    WHERE shard = $1 AND merchant = $2 AND status IN ('processing', 'payee_action_required', 'failed', 'returned')
) AS found
