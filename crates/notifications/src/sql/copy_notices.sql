COPY outbox (shard, id, merchant, kind, event_type, subject, data, due_at, created_at) FROM STDIN BINARY
