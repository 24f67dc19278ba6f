SELECT seq, hash FROM audit_head FOR NO KEY UPDATE
