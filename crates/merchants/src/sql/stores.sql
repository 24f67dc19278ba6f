SELECT s.id, s.merchant, s.platform, s.site, s.name, s.authorised_until, s.created_at,
       ARRAY(SELECT l.ebay_store FROM store_links l WHERE l.shard = s.shard AND l.paypal_store = s.id ORDER BY 1) AS ebay_stores
FROM stores s
WHERE s.shard = $1 AND s.merchant = $2 AND s.id = ANY($3::uuid[])
ORDER BY s.id
