-- R39: Hong Kong gives the number of a business registration to one firm alone. Of two that came with the same one before, the
-- first has it, but one that is still to be looked at stands behind the others; both stay, and an operator sees to the other.
INSERT INTO merchant_marks (kind, mark_index, merchant)
SELECT DISTINCT ON (d.number_index) 'document', d.number_index, d.merchant
FROM merchant_documents d
JOIN merchants m ON m.shard = d.shard AND m.id = d.merchant
WHERE d.kind = 'business_registration' AND d.replaced_at IS NULL AND m.origin = 'hong_kong' AND m.state <> 'closed'
ORDER BY d.number_index, m.state = 'pending', m.created_at, d.merchant
ON CONFLICT DO NOTHING;
