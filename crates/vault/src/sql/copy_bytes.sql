COPY bank_event_bytes (shard, id, headers_sealed, body_sealed, received_at) FROM STDIN BINARY
