UPDATE payees w SET tail_index = t.tail
FROM unnest($1::uuid[], $2::bytea[]) AS t (id, tail)
WHERE w.id = t.id AND w.tail_index IS NULL
