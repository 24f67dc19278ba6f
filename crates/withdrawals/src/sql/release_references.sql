DELETE FROM client_references r
USING unnest($1::smallint[], $2::uuid[], $3::text[], $4::uuid[]) AS own (shard, merchant, reference, withdrawal)
WHERE r.shard = own.shard AND r.merchant = own.merchant AND r.reference = own.reference AND r.withdrawal = own.withdrawal
