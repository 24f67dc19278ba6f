-- Merchant 1 has an active and a disabled endpoint, and one notice that waits to be routed beside one that was; e-mail has
-- been used for somebody else.
INSERT INTO webhook_endpoints (shard, id, merchant, url, secret_sealed, state, created_at, updated_at) VALUES
    (3, '00000000-0000-0000-0000-000000000e03', '00000000-0000-0000-0000-000000000001', 'https://a', '', 'active', now(), now()),
    (3, '00000000-0000-0000-0000-000000000f03', '00000000-0000-0000-0000-000000000001', 'https://b', '', 'disabled', now(), now());
INSERT INTO outbox (shard, id, merchant, kind, event_type, subject, data, due_at, created_at, routed_at) VALUES
    (3, '00000000-0000-0000-0000-000000000103', '00000000-0000-0000-0000-000000000001', 'payment_credited', 'payment.credited', 'pay_1', '{}', now(), now(), NULL),
    (3, '00000000-0000-0000-0000-000000000203', '00000000-0000-0000-0000-000000000001', 'payment_credited', 'payment.credited', 'pay_2', '{}', now(), now(), now());
INSERT INTO deliveries (shard, id, notice, merchant, channel, destination, state, attempts, next_at, created_at, updated_at) VALUES
    (4, '00000000-0000-0000-0000-000000000404', '00000000-0000-0000-0000-000000000504', '00000000-0000-0000-0000-000000000002', 'email', '00000000-0000-0000-0000-000000000000', 'delivered', 1, now(), now(), now());
