SELECT seq, hash FROM audit_head WHERE only_row FOR NO KEY UPDATE
