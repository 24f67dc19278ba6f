COPY payment_keys (shard, reference_key, key, payment, amount_minor, currency) FROM STDIN BINARY
