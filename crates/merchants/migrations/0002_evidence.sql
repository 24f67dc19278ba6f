-- Orders as trade evidence: how much of each is covered by payments (R6). What lies here from before was never counted
-- in the ledger, so it is imported again.
DELETE FROM orders;
ALTER TABLE orders
    ADD COLUMN covered_minor bigint  NOT NULL DEFAULT 0,
    ADD COLUMN is_open       boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT orders_covered CHECK (covered_minor BETWEEN 0 AND amount_minor),
    ADD CONSTRAINT orders_open CHECK (is_open = (covered_minor < amount_minor)),
    SET (fillfactor = 80);

-- Oldest first. is_open and not covered_minor: an order that is covered in part changes no index.
CREATE INDEX orders_oldest_open ON orders (shard, store, currency, ordered_at, order_id) WHERE is_open;

-- Which order covers which payment, and how much of that a return gave back. In the merchant's shard.
CREATE TABLE order_covers (
    shard          smallint    NOT NULL,
    payment        uuid        NOT NULL,
    store          uuid        NOT NULL,
    order_id       text        NOT NULL COLLATE "C",
    currency       text        NOT NULL COLLATE "C",
    ordered_at     timestamptz NOT NULL,
    minor          bigint      NOT NULL CHECK (minor > 0),
    released_minor bigint      NOT NULL DEFAULT 0,
    PRIMARY KEY (shard, payment, store, order_id),
    CONSTRAINT order_covers_released CHECK (released_minor BETWEEN 0 AND minor)
);

-- The eBay stores whose money comes through a PayPal account (R15), all in the merchant's shard.
CREATE TABLE store_links (
    shard        smallint    NOT NULL,
    paypal_store uuid        NOT NULL,
    ebay_store   uuid        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, paypal_store, ebay_store)
);

-- Whose law an account is under, and so which entity contracts (R14).
ALTER TABLE receiving_accounts ADD COLUMN jurisdiction text COLLATE "C";
UPDATE receiving_accounts
SET jurisdiction = CASE WHEN currency = 'JPY' THEN 'japan' WHEN currency IN ('EUR', 'GBP') THEN 'europe'
                        ELSE 'north_america' END;
ALTER TABLE receiving_accounts
    ALTER COLUMN jurisdiction SET NOT NULL,
    ADD CONSTRAINT receiving_accounts_jurisdiction CHECK (jurisdiction IN ('north_america', 'europe', 'japan'));

GRANT UPDATE (covered_minor, is_open) ON orders TO sluice_runtime;
GRANT SELECT, INSERT ON order_covers, store_links TO sluice_runtime;
GRANT UPDATE (released_minor) ON order_covers TO sluice_runtime;
