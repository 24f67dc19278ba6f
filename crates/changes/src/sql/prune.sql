WITH gone AS (
    DELETE FROM changes
    WHERE xact < pg_snapshot_xmin(pg_current_snapshot()) AND at < clock_timestamp() - make_interval(secs => $1)
    RETURNING xact
)
UPDATE change_feed
SET lost = greatest(lost, (SELECT xact FROM gone ORDER BY xact DESC LIMIT 1))
WHERE EXISTS (SELECT FROM gone)
RETURNING (SELECT count(*) FROM gone) AS gone
