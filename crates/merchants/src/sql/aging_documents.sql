-- What was seen is in neither index any more, so there are few.
SELECT DISTINCT merchant FROM (
    SELECT merchant FROM merchant_documents
    WHERE replaced_at IS NULL AND told_at IS NULL AND lapsed_at IS NULL AND expires_on IS NOT NULL AND expires_on <= $1
    UNION ALL
    SELECT merchant FROM merchant_documents
    WHERE replaced_at IS NULL AND lapsed_at IS NULL AND expires_on IS NOT NULL AND expires_on < $2
) AS aging
WHERE merchant > $3 ORDER BY merchant LIMIT $4
