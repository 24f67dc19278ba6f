-- Only from the state that was loaded under the lock.
WITH changed AS MATERIALIZED (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::bigint[],
                         $8::bigint[], $9::timestamptz[])
        AS c (shard, id, loaded, state, hold, payment, covered_minor, owed_minor, applied_at)
)
UPDATE reversals r
SET state = c.state, hold = c.hold, payment = c.payment, covered_minor = c.covered_minor, owed_minor = c.owed_minor,
    applied_at = c.applied_at
FROM changed c
WHERE r.shard = c.shard AND r.id = c.id AND r.state = c.loaded
