COPY bank_event_keys (shard, key, id, body_hash) FROM STDIN BINARY
