-- Blocks of IP addresses, separated by spaces: where a key may be used from. Null for everywhere.
ALTER TABLE api_keys ADD COLUMN allowed_ips TEXT;
ALTER TABLE actors ADD COLUMN allowed_ips TEXT;
ALTER TABLE apis ADD COLUMN allowed_ips TEXT;
