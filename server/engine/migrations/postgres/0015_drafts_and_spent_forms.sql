-- Forms that wait until their sender has signed in again: sealed, for ten minutes, for one use.
CREATE TABLE drafts (
  digest     BYTEA NOT NULL PRIMARY KEY,
  person_id  BIGINT NOT NULL,
  sealed     BYTEA NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX drafts_person ON drafts (person_id, expires_at);
CREATE INDEX drafts_age ON drafts (expires_at);

-- Forms that made something which is shown only once, and that make nothing more.
CREATE TABLE spent_forms (
  digest   BYTEA NOT NULL PRIMARY KEY,
  spent_at BIGINT NOT NULL
);
CREATE INDEX spent_forms_age ON spent_forms (spent_at);
