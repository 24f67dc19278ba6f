SELECT DISTINCT currency FROM receiving_accounts WHERE merchant = $1 ORDER BY currency
