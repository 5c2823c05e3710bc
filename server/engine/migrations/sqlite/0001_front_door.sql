-- Times are milliseconds since 1970 UTC. The Postgres folder holds the same tables under the same file names.
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

-- Numbers handed out so far. Taken before the insert, because a key's ciphertext is bound to its id.
CREATE TABLE counters (
  name  TEXT   NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('person', 0), ('actor', 0), ('key', 0);

-- Keys of the installation, each wrapped by the master key.
CREATE TABLE keyring (
  id         BIGINT NOT NULL PRIMARY KEY,
  purpose    TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  kek_id     TEXT   NOT NULL,
  wrapped    BLOB   NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE people (
  id         BIGINT NOT NULL PRIMARY KEY,
  issuer     TEXT   NOT NULL,
  subject    TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  email      TEXT,
  created_at BIGINT NOT NULL,
  UNIQUE (issuer, subject)
);

CREATE TABLE organizations (
  id         TEXT   NOT NULL PRIMARY KEY,
  name       TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);

-- Members and service accounts. A member whose person has not signed in yet waits under claim_email.
CREATE TABLE actors (
  id              BIGINT NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  kind            TEXT   NOT NULL,
  person_id       BIGINT REFERENCES people (id),
  claim_email     TEXT,
  name            TEXT   NOT NULL,
  role            TEXT   NOT NULL,
  created_at      BIGINT NOT NULL,
  removed_at      BIGINT,
  audit_n         BIGINT NOT NULL,
  row_mac         BLOB   NOT NULL,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, person_id)
);
CREATE INDEX actors_person ON actors (person_id);
CREATE INDEX actors_claim ON actors (claim_email);

CREATE TABLE api_keys (
  id              BIGINT NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  actor_id        BIGINT NOT NULL,
  created_by      BIGINT NOT NULL,
  name            TEXT   NOT NULL,
  kind            TEXT   NOT NULL,
  role_cap        TEXT   NOT NULL,
  key_prefix      TEXT   NOT NULL,
  preview         TEXT   NOT NULL,
  public_key      BLOB   NOT NULL,
  lookup_key_id   BIGINT NOT NULL,
  lookup          BLOB   NOT NULL,
  sealed          BLOB   NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT,
  revoked_at      BIGINT,
  revoked_by      BIGINT,
  revoke_reason   TEXT,
  last_used_at    BIGINT,
  audit_n         BIGINT NOT NULL,
  row_mac         BLOB   NOT NULL,
  UNIQUE (lookup_key_id, lookup),
  FOREIGN KEY (organization_id, actor_id) REFERENCES actors (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES actors (organization_id, id)
);
CREATE INDEX api_keys_organization ON api_keys (organization_id, id);
CREATE INDEX api_keys_actor ON api_keys (organization_id, actor_id, id);

CREATE TABLE workspaces (
  id              TEXT   NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  seq             BIGINT NOT NULL,
  name            TEXT   NOT NULL,
  provider        TEXT   NOT NULL,
  model           TEXT   NOT NULL,
  status          TEXT   NOT NULL,
  environment     TEXT   NOT NULL,
  created_by      BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  FOREIGN KEY (organization_id, created_by) REFERENCES actors (organization_id, id)
);
INSERT INTO counters (name, value) VALUES ('workspace', 0);
CREATE INDEX workspaces_organization ON workspaces (organization_id, environment, seq);

CREATE TABLE audit_heads (
  organization_id TEXT   NOT NULL PRIMARY KEY REFERENCES organizations (id),
  n               BIGINT NOT NULL,
  hash            BLOB   NOT NULL
);

CREATE TABLE audit_events (
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  n               BIGINT NOT NULL,
  at              BIGINT NOT NULL,
  action          TEXT   NOT NULL,
  actor_id        BIGINT,
  actor_name      TEXT   NOT NULL,
  via_key         TEXT,
  object_kind     TEXT   NOT NULL,
  object_id       TEXT   NOT NULL,
  object_label    TEXT   NOT NULL,
  concerns        BIGINT,
  changes         TEXT   NOT NULL,
  address         TEXT,
  agent           TEXT,
  request_id      TEXT   NOT NULL,
  hash            BLOB   NOT NULL,
  mac             BLOB   NOT NULL,
  PRIMARY KEY (organization_id, n)
);
CREATE INDEX audit_events_concerns ON audit_events (organization_id, concerns, n);
CREATE INDEX audit_events_actor ON audit_events (organization_id, actor_id, n);
CREATE INDEX audit_events_object ON audit_events (organization_id, object_kind, object_id, n);

-- Neither table holds anything that opens a door: digests of tokens, and what is sealed under them.
CREATE TABLE sessions (
  digest     BLOB   NOT NULL PRIMARY KEY,
  person_id  BIGINT REFERENCES people (id),
  sealed     BLOB   NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_person ON sessions (person_id);

CREATE TABLE sign_in_flows (
  digest     BLOB   NOT NULL PRIMARY KEY,
  sealed     BLOB   NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_flows_expiry ON sign_in_flows (expires_at);
