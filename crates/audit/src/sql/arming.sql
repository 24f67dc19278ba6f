SELECT reason, armed_until FROM armings WHERE operator = $1 AND person = $2 AND armed_until > clock_timestamp()
