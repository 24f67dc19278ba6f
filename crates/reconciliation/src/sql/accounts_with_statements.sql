SELECT DISTINCT account FROM bank_statements
WHERE bank = $1 AND currency = $2 AND covers = 'receiving_account'
