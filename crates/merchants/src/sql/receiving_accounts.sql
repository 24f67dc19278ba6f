SELECT a.id, a.merchant, a.bank, a.number_index, a.currency, a.jurisdiction, s.id AS store, s.platform, s.authorised_until,
       ARRAY(SELECT e.ebay_store FROM store_links e WHERE e.shard = s.shard AND e.paypal_store = s.id) AS ebay_stores
FROM unnest($1::smallint[], $2::text[], $3::bytea[]) AS wanted (shard, bank, number_index)
JOIN receiving_accounts a
  ON a.shard = wanted.shard AND a.bank = wanted.bank AND a.number_index = wanted.number_index
LEFT JOIN receiving_account_stores l ON l.account = a.id
LEFT JOIN stores s ON s.shard = l.store_shard AND s.id = l.store
