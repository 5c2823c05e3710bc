-- The table holds the idempotency keys of requests. Its index is made again, because SQLite cannot rename an index.
ALTER TABLE once RENAME TO idempotency_keys;
DROP INDEX once_age;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
