UPDATE payees w SET tail4_index = t.four, tail8_index = t.eight
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS t (id, four, eight)
WHERE w.id = t.id AND w.tail4_index IS NULL
