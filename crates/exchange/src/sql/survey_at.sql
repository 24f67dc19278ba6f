SELECT a.base AS c_base, a.quote AS c_quote, a.bank AS c_bank, a.id AS c_id, a.bid AS c_bid, a.ask AS c_ask,
       a.as_of AS c_as_of, a.received_at AS c_received_at, a.event AS c_event, a.state AS c_state,
       a.decided_at AS c_decided_at,
       d.base AS d_base, d.quote AS d_quote, d.bank AS d_bank, d.id AS d_id, d.bid AS d_bid, d.ask AS d_ask,
       d.as_of AS d_as_of, d.received_at AS d_received_at, d.event AS d_event, d.state AS d_state,
       d.decided_at AS d_decided_at
FROM current_rates c
CROSS JOIN LATERAL (
    SELECT r.* FROM rates r
    WHERE r.base = c.base AND r.quote = c.quote AND r.bank = c.bank AND r.state <> 'outdated' AND r.as_of <= $2
      AND r.state = 'accepted' AND coalesce(r.decided_at, r.received_at) <= $1
    ORDER BY r.as_of DESC LIMIT 1
) a
LEFT JOIN LATERAL (
    SELECT r.* FROM rates r
    WHERE r.base = c.base AND r.quote = c.quote AND r.bank = c.bank AND r.state <> 'outdated' AND r.as_of <= $2
      AND r.as_of > a.as_of AND r.received_at <= $1
    ORDER BY r.as_of DESC LIMIT 1
) d ON true
ORDER BY a.base, a.quote, a.as_of DESC, coalesce(a.decided_at, a.received_at), a.bank
