-- Of a merchant's lines from behind ($3, $4) down to the seal $5 the newest $10 are looked at, wanted or not; `stops`
-- is the last of so many.
WITH looked_at AS (
    SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at,
           ($6::timestamptz IS NULL OR posted_at >= $6) AND ($7::timestamptz IS NULL OR posted_at < $7)
               AND kind = ANY ($8::text[]) AND ($9::text IS NULL OR currency = $9) AS matches,
           row_number() OVER (ORDER BY seq DESC, position DESC) = $10 AS stops
    FROM (SELECT * FROM transfers WHERE shard = $1 AND owner = $2 AND (seq, position) < ($3, $4) AND seq > $5
          ORDER BY seq DESC, position DESC LIMIT $10::bigint) AS newest
)
SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at, matches, stops
FROM looked_at
WHERE matches OR stops
ORDER BY seq DESC, position DESC
LIMIT $11
