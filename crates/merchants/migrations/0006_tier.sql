-- By which spread a merchant's exchanges are priced (R19).
ALTER TABLE merchants ADD COLUMN tier text NOT NULL DEFAULT 'standard' COLLATE "C";
GRANT UPDATE (tier) ON merchants TO sluice_runtime;
