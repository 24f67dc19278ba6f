-- Each a range of the key, whose numbers begin with 1.
SELECT (SELECT count(*) FROM transfers t WHERE t.shard = ANY ($1::smallint[]) AND t.seq > $2)
     + (SELECT count(*) FROM transfers t WHERE t.shard = ANY ($1::smallint[]) AND t.seq < 1)
