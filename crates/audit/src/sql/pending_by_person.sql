SELECT requested_person AS person, count(*) AS pending
FROM approvals WHERE state = 'pending' AND expires_at > clock_timestamp()
GROUP BY requested_person
