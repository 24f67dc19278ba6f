-- A status changes only from the one that was decided upon. The key finds the row: to no index does `IS NOT DISTINCT FROM` say
-- that one of statuses would, too, under which lie many more.
UPDATE withdrawals w
SET status = c.status, payee = c.payee, to_send_minor = c.to_send_minor, attempts = c.attempts,
    failure_code = c.failure_code, failure_reason = c.failure_reason, estimated_arrival = c.estimated_arrival,
    updated_at = $11
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::integer[], $8::text[],
            $9::text[], $10::timestamptz[])
     AS c (shard, id, expected, status, payee, to_send_minor, attempts, failure_code, failure_reason, estimated_arrival)
WHERE w.shard = c.shard AND w.id = c.id AND w.status IS NOT DISTINCT FROM c.expected
