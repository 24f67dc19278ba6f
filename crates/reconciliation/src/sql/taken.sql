SELECT r.shard, r.kind, r.entry FROM reconciled_entries r
JOIN unnest($1::smallint[], $2::text[], $3::uuid[]) AS wanted (shard, kind, entry)
     ON r.shard = wanted.shard AND r.kind = wanted.kind AND r.entry = wanted.entry
