-- The APIs that an organization protects with keys. The slug is in the URL of the gate and the prefix is in every key, so
-- neither is used twice in the installation. `environments` are words, `scopes` are JSON.
CREATE TABLE apis (
  id              BIGINT NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  slug            TEXT   NOT NULL UNIQUE,
  name            TEXT   NOT NULL,
  key_prefix      TEXT   NOT NULL UNIQUE,
  key_header      TEXT   NOT NULL,
  environments    TEXT   NOT NULL,
  scopes          TEXT   NOT NULL,
  created_by      BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  archived_at     BIGINT,
  audit_n         BIGINT NOT NULL,
  row_mac         BYTEA  NOT NULL,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES actors (organization_id, id)
);
INSERT INTO counters (name, value) VALUES ('api', 0);

-- The API of a key and what the key may do there. A key without an API is for Roundtable itself.
ALTER TABLE api_keys ADD COLUMN api_id BIGINT REFERENCES apis (id);
ALTER TABLE api_keys ADD COLUMN api_scopes TEXT NOT NULL DEFAULT '';
CREATE INDEX api_keys_api ON api_keys (organization_id, api_id, id) WHERE api_id IS NOT NULL;

-- Consumers are actors. Their metadata is JSON.
ALTER TABLE actors ADD COLUMN external_id TEXT;
ALTER TABLE actors ADD COLUMN metadata TEXT;
CREATE UNIQUE INDEX actors_external ON actors (organization_id, external_id);
