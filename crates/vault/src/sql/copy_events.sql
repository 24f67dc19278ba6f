COPY bank_events (shard, id, bank, event_id, verdict, status, answer, key_id, received_at) FROM STDIN BINARY
