-- What people see of their own sessions, and which token for the API a session has given out. The seal of a session
-- covers its id from now on, so those of before do not open any more: people sign in again.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN agent TEXT;
ALTER TABLE sessions ADD COLUMN token_at BIGINT;
ALTER TABLE sessions ADD COLUMN token_key TEXT;
CREATE UNIQUE INDEX sessions_id ON sessions (id) WHERE id <> '';

-- Keys that sign tokens for people. One at a time signs; the others are kept until what they signed has run out.
CREATE TABLE signing_keys (
  id         TEXT   NOT NULL PRIMARY KEY,
  public     BYTEA  NOT NULL,
  sealed     BYTEA  NOT NULL,
  created_at BIGINT NOT NULL,
  retired_at BIGINT,
  row_mac    BYTEA  NOT NULL
);
CREATE UNIQUE INDEX signing_keys_active ON signing_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;
