SELECT sell_currency, buy_currency, count(*) AS quotes, sum(net_minor) AS sell_minor, sum(buy_minor) AS buy_minor
FROM quotes
WHERE state = 'open' AND expires_at > clock_timestamp() AND sell_currency <> buy_currency
GROUP BY sell_currency, buy_currency ORDER BY sell_currency, buy_currency
