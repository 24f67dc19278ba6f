SELECT count(*) AS settlements FROM settlements WHERE state = 'investigating'
