SELECT count(*) FROM payout_jobs
