DELETE FROM cover_references c
USING unnest($1::text[], $2::text[], $3::uuid[]) AS own (bank, bank_reference, deal)
WHERE c.bank = own.bank AND c.bank_reference = own.bank_reference AND c.deal = own.deal
