SELECT currency, minor FROM in_transit WHERE shard = $1 AND merchant = $2 AND minor <> 0 ORDER BY currency
