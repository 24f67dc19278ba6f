-- Since when a merchant is fully verified: until then a lifetime limit may hold (R30).
ALTER TABLE merchants ADD COLUMN fully_verified_at timestamptz DEFAULT now();
GRANT UPDATE (fully_verified_at) ON merchants TO sluice_runtime;
