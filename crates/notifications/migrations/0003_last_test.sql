-- The last webhook.test of an endpoint: no other one while that is on its way.
ALTER TABLE webhook_endpoints ADD COLUMN last_test uuid;
GRANT UPDATE (last_test) ON webhook_endpoints TO sluice_runtime;
