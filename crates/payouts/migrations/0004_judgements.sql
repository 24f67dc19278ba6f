-- What people found out about a payout whose outcome its bank left open or contradicted, by whom and when, and all that the bank
-- had said of it until then, in the words of the evidence: a bank that says the same again, or whose files are read anew, is heard
-- and contradicts nothing.
ALTER TABLE payouts
    ADD COLUMN judged_as      text COLLATE "C" CHECK (judged_as IN ('executed', 'never_executed')),
    ADD COLUMN judged_by      text,
    ADD COLUMN judged_at      timestamptz,
    ADD COLUMN judged_answers text[],
    ADD CONSTRAINT payouts_judged CHECK (
        (judged_at IS NULL) = (judged_as IS NULL) AND (judged_at IS NULL) = (judged_answers IS NULL)
        AND (judged_by IS NULL OR judged_at IS NOT NULL));

-- What was judged before this was kept; by whom stands in the audit trail alone.
UPDATE payouts p
SET judged_as = CASE WHEN o.text LIKE 'found out: executed%' THEN 'executed' ELSE 'never_executed' END,
    judged_at = o.at,
    judged_answers = ARRAY(
        SELECT DISTINCT e.text FROM payout_evidence e
        WHERE e.shard = p.shard AND e.payout = p.id AND e.at <= o.at AND e.source IN ('send', 'query', 'callback'))
FROM (
    SELECT DISTINCT ON (shard, payout) shard, payout, at, text FROM payout_evidence
    WHERE source = 'operator' AND text LIKE 'found out: %'
    ORDER BY shard, payout, id DESC
) o
WHERE p.shard = o.shard AND p.id = o.payout;

GRANT UPDATE (judged_as, judged_by, judged_at, judged_answers) ON payouts TO sluice_runtime;
