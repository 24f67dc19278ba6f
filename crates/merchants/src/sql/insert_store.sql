INSERT INTO stores (shard, id, merchant, platform, site, name, authorised_until)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
