INSERT INTO store_links (shard, paypal_store, ebay_store) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
