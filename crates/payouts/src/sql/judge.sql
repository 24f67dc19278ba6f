-- An answer has no line break in it: each is a line of $6.
UPDATE payouts p
SET judged_as = c.found, judged_by = c.judged_by, judged_at = c.judged_at,
    judged_answers = string_to_array(c.answers, E'\n')
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
     AS c (shard, id, found, judged_by, judged_at, answers)
WHERE p.shard = c.shard AND p.id = c.id
