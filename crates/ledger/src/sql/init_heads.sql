INSERT INTO chain_heads (chain, seq, hash)
SELECT c::smallint, 0, decode(repeat('00', 32), 'hex') FROM generate_series(0, $1::smallint - 1) AS c
ON CONFLICT DO NOTHING
