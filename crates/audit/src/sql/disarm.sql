UPDATE armings SET armed_until = $2 WHERE operator = $1 AND armed_until > $2
