SELECT a.id, a.merchant, a.bank, a.number_index, a.currency, s.platform, s.authorised_until
FROM unnest($1::smallint[], $2::text[], $3::bytea[]) AS wanted (shard, bank, number_index)
JOIN receiving_accounts a
  ON a.shard = wanted.shard AND a.bank = wanted.bank AND a.number_index = wanted.number_index
LEFT JOIN receiving_account_stores l ON l.account = a.id
LEFT JOIN stores s ON s.shard = l.store_shard AND s.id = l.store
