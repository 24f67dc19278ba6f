-- Answers with what is below zero then.
WITH moved AS (
    INSERT INTO in_transit AS t (shard, merchant, currency, minor)
    SELECT m.shard, m.merchant, m.currency, m.minor
    FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bigint[]) AS m (shard, merchant, currency, minor)
    ORDER BY m.shard, m.merchant, m.currency COLLATE "C"
    ON CONFLICT (shard, merchant, currency) DO UPDATE SET minor = t.minor + EXCLUDED.minor
    RETURNING merchant, currency, minor
)
SELECT merchant, currency FROM moved WHERE minor < 0
