-- Sessions on devices, which have a refresh token instead of a cookie. Each refresh gives the session another digest.
ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'browser';
ALTER TABLE sessions ADD COLUMN previous_digest BLOB;
ALTER TABLE sessions ADD COLUMN refreshed_at BIGINT;
CREATE UNIQUE INDEX sessions_previous_digest ON sessions (previous_digest) WHERE previous_digest IS NOT NULL;

-- Devices that wait until a person signs them in (RFC 8628).
CREATE TABLE device_requests (
  digest           BLOB NOT NULL PRIMARY KEY,
  user_digest      BLOB NOT NULL UNIQUE,
  sealed           BLOB NOT NULL,
  interval_seconds BIGINT NOT NULL,
  polled_at        BIGINT,
  expires_at       BIGINT NOT NULL
);
CREATE INDEX device_requests_expires ON device_requests (expires_at);
