SELECT EXISTS (SELECT FROM payments r WHERE r.status = 'in_review' AND r.merchant = $1) AS in_review,
       EXISTS (SELECT FROM payments b WHERE b.status = 'returning' AND b.merchant = $1) AS returning
