-- No index leads from an account to its transfers: as many as one read may cost are looked at, and `last` is the last of
-- them, kept or not.
WITH looked_at AS (
    SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at,
           row_number() OVER (ORDER BY seq DESC, position DESC) AS n
    FROM (SELECT * FROM transfers WHERE shard = $1 AND (seq, position) < ($3, $4)
          ORDER BY seq DESC, position DESC LIMIT $5) AS newest
)
SELECT seq, position, debit_account, credit_account, amount, currency, kind, cause, posted_at, n = $5 AS last
FROM looked_at
WHERE debit_account = $2 OR credit_account = $2 OR n = $5
ORDER BY seq DESC, position DESC
LIMIT $6
