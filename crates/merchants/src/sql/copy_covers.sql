COPY order_covers (shard, payment, store, order_id, currency, ordered_at, minor, released_minor) FROM STDIN BINARY
