SELECT EXISTS (
    SELECT FROM unnest($1::smallint[], $2::text[], $3::text[]) AS w (shard, bank, reference)
    JOIN reversals r ON r.shard = w.shard AND r.bank = w.bank AND r.original_reference = w.reference
    WHERE r.state = 'waiting'
) AS found
