INSERT INTO bank_event_redeliveries (shard, id) SELECT * FROM unnest($1::smallint[], $2::uuid[])
