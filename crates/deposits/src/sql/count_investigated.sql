SELECT count(*) AS settlements, min(asked_at) AS oldest FROM settlements WHERE state = 'investigating'
