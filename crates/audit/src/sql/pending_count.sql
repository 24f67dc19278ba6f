SELECT count(*) FROM approvals WHERE state = 'pending' AND expires_at > clock_timestamp()
