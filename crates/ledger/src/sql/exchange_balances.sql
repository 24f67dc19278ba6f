SELECT currency, sum(credits - debits) AS minor FROM accounts WHERE kind = 'exchange' GROUP BY currency
