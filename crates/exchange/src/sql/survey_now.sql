SELECT c.base AS c_base, c.quote AS c_quote, c.bank AS c_bank, c.rate AS c_id, c.bid AS c_bid, c.ask AS c_ask,
       c.as_of AS c_as_of, r.received_at AS c_received_at, r.event AS c_event, r.state AS c_state,
       r.decided_at AS c_decided_at,
       d.base AS d_base, d.quote AS d_quote, d.bank AS d_bank, d.id AS d_id, d.bid AS d_bid, d.ask AS d_ask,
       d.as_of AS d_as_of, d.received_at AS d_received_at, d.event AS d_event, d.state AS d_state,
       d.decided_at AS d_decided_at
FROM current_rates c
JOIN rates r ON r.id = c.rate
LEFT JOIN rates d ON d.id = c.doubted
ORDER BY c.base, c.quote, c.as_of DESC, c.counts_since, c.bank
