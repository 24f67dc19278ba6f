SELECT coalesce(sum(count), 0)::bigint FROM seals
