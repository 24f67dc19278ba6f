-- R30: nobody is fully verified until somebody says so. Who was registered until now got the column's default instead; whom an
-- operator has verified since stays verified, and so does who was identified elsewhere.
ALTER TABLE merchants ALTER COLUMN fully_verified_at DROP DEFAULT;

-- The trail is another crate's, which is always there before this one where anybody has been registered.
DO $$
BEGIN
    IF to_regclass('audit_log') IS NULL THEN
        RETURN;
    END IF;
    UPDATE merchants SET fully_verified_at = NULL
    WHERE 'mer_' || replace(id::text, '-', '') IN (
        SELECT subject FROM audit_log WHERE action IN ('merchant.register', 'merchant.verify')
        GROUP BY subject HAVING bool_and(action = 'merchant.register')
    );
END
$$;
