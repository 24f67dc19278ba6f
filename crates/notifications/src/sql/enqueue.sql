INSERT INTO outbox (shard, id, merchant, kind, event_type, subject, data, due_at, created_at)
SELECT n.shard, n.id, n.merchant, n.kind, n.event_type, n.subject, n.data, n.due_at, $9
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::timestamptz[]) AS n (shard, id, merchant, kind, event_type, subject, data, due_at)
ORDER BY n.shard, n.id
