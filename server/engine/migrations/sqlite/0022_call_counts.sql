-- Calls with keys, and refused requests, by the hour and by the day. `subject` is 'key', 'owner' or 'api'; a key has hours only,
-- because its days are in key_days. `step` is 'hour' or 'day', and `at` its number since 1970. `code` is 'valid', or why a
-- request was refused.
CREATE TABLE call_counts (
  subject     TEXT   NOT NULL,
  subject_id  BIGINT NOT NULL,
  environment TEXT   NOT NULL,
  step        TEXT   NOT NULL,
  at          BIGINT NOT NULL,
  code        TEXT   NOT NULL,
  count       BIGINT NOT NULL,
  PRIMARY KEY (subject, subject_id, environment, step, at, code)
);
