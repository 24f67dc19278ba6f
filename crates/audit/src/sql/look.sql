-- So many entries ($6), oldest ($4) or newest first, from behind $5 on: of a subject ($1) by its index, else of all.
SELECT l.*
FROM (
    SELECT a.*, ($2::text IS NULL OR a.actor = $2) AND ($3::text IS NULL OR a.action = $3) AS matches,
           row_number() OVER (ORDER BY CASE WHEN $4 THEN a.seq END, a.seq DESC) = $6 AS stops
    FROM (
        (SELECT * FROM audit_log WHERE $1::text IS NULL AND $4::boolean AND seq > $5::bigint ORDER BY seq LIMIT $6::bigint)
        UNION ALL
        (SELECT * FROM audit_log WHERE $1::text IS NULL AND NOT $4::boolean AND seq < $5::bigint
         ORDER BY seq DESC LIMIT $6::bigint)
        UNION ALL
        (SELECT * FROM audit_log WHERE subject = $1 AND $4::boolean AND seq > $5::bigint ORDER BY seq LIMIT $6::bigint)
        UNION ALL
        (SELECT * FROM audit_log WHERE subject = $1 AND NOT $4::boolean AND seq < $5::bigint
         ORDER BY seq DESC LIMIT $6::bigint)
    ) AS a
) AS l
WHERE l.matches OR l.stops
ORDER BY CASE WHEN $4 THEN l.seq END, l.seq DESC
LIMIT $7
