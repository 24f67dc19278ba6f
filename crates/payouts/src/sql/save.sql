-- A status changes only from the one that was decided upon, and with it alone the time at which a payout was settled. The
-- key finds the row: to no index does `IS NOT DISTINCT FROM` say that one of statuses would, too, under which lie many more.
UPDATE payouts p
SET status = c.status, held_by = c.held_by, bank_reference = c.bank_reference,
    amount_received_minor = c.amount_received_minor, returned_minor = c.returned_minor, reason = c.reason,
    sends = c.sends, queries = c.queries, delays = c.delays, needs_operator = c.needs_operator, sent_at = c.sent_at,
    disputed_from = c.disputed_from,
    settled_at = CASE WHEN c.status = c.expected THEN p.settled_at
                      WHEN c.status IN ('paid', 'returned') THEN $15::timestamptz END,
    updated_at = $15
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
            $9::text[], $10::integer[], $11::integer[], $12::integer[], $13::boolean[], $14::timestamptz[],
            $16::text[])
     AS c (shard, id, expected, status, held_by, bank_reference, amount_received_minor, returned_minor, reason, sends,
           queries, delays, needs_operator, sent_at, disputed_from)
WHERE p.shard = c.shard AND p.id = c.id AND p.status IS NOT DISTINCT FROM c.expected
