-- Rows of shards that the book doesn't have: by the keys, which begin with the shard.
SELECT shard FROM accounts WHERE shard < 0 OR shard >= $1
UNION
SELECT shard FROM transfers WHERE shard < 0 OR shard >= $1
ORDER BY shard
