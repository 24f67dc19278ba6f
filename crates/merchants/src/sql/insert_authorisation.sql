INSERT INTO store_authorisations (shard, store, valid_until, given_by) VALUES ($1, $2, $3, $4)
