-- One statement: feed, snapshot and rows are of one moment. No row: there is no feed.
SELECT f.id, pg_current_snapshot()::text AS snapshot,
       f.lost < pg_snapshot_xmin(since.at)
           AND pg_snapshot_xmax(since.at) <= pg_snapshot_xmax(pg_current_snapshot()) AS kept,
       c.xact IS NOT NULL AS changed, c.payouts, c.payments, c.withdrawals, c.bank_events, c.approvals, c.rates,
       coalesce(c.more, 0::smallint) AS more
FROM change_feed f
CROSS JOIN (SELECT $1::text::pg_snapshot AS at) AS since
LEFT JOIN LATERAL (
    SELECT * FROM changes
    WHERE xact >= pg_snapshot_xmin(since.at) AND NOT pg_visible_in_snapshot(xact, since.at)
    ORDER BY xact
    LIMIT $2
) AS c ON true
