UPDATE chain_heads h
SET seq = s.seq, hash = s.hash
FROM unnest($1::smallint[], $2::bigint[], $3::bytea[]) AS s (chain, seq, hash)
WHERE h.chain = s.chain AND h.seq = s.seq - 1
