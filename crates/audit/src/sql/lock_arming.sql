SELECT armed_until FROM armings WHERE operator = $1 AND armed_until > $2 FOR NO KEY UPDATE
