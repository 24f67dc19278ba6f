SELECT chain, seq, hash FROM chain_heads WHERE chain = ANY ($1::smallint[]) ORDER BY chain FOR NO KEY UPDATE
