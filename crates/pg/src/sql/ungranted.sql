-- What a later migration dropped or gave another name is not there any more.
SELECT DISTINCT name
FROM unnest($1::text[]) AS name
WHERE to_regclass(name) IS NOT NULL AND NOT has_any_column_privilege($2::text, to_regclass(name), 'SELECT')
ORDER BY name
