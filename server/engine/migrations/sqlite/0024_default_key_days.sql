-- The expiration that forms for new keys preselect, in days. Null for no expiration.
ALTER TABLE organizations ADD COLUMN default_key_days BIGINT DEFAULT 90;
