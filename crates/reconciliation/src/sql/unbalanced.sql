SELECT bank, count(*) AS statements FROM bank_statements WHERE difference <> 0 GROUP BY bank ORDER BY bank
