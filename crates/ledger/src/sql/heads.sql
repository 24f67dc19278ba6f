SELECT chain, seq, hash FROM chain_heads ORDER BY chain
