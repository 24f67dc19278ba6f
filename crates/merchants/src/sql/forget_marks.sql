-- In the order in which marks are asked for.
WITH own AS (
    SELECT kind, mark_index FROM merchant_marks WHERE merchant = $1
    ORDER BY array_position(ARRAY['email', 'mobile', 'document'], kind), mark_index
    FOR UPDATE
)
DELETE FROM merchant_marks k USING own WHERE k.kind = own.kind AND k.mark_index = own.mark_index
