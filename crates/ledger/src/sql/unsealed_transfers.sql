SELECT count(*) FROM transfers t WHERE t.shard = ANY ($1::smallint[]) AND (t.seq > $2 OR t.seq < 1)
