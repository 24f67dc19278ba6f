-- For this transaction; never longer than the connection's own, after which it would be given up.
SELECT set_config('statement_timeout', least($1::integer,
    (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::integer)::text, true)
