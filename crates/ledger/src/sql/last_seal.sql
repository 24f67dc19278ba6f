SELECT coalesce(max(seq), 0)::bigint AS seq FROM seals WHERE chain = $1
