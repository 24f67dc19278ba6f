SELECT base, quote, bid, ask, as_of, bank FROM current_rates
