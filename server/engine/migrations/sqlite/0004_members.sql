-- Who may make keys, and whether keys may.
ALTER TABLE organizations ADD COLUMN key_makers TEXT NOT NULL DEFAULT 'members';
ALTER TABLE organizations ADD COLUMN keys_make_keys BOOLEAN NOT NULL DEFAULT TRUE;

-- Links that make someone a member, once. What opens them is not here: a keyed digest finds them.
CREATE TABLE invitations (
  id              TEXT   NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  seq             BIGINT NOT NULL,
  email           TEXT   NOT NULL,
  role            TEXT   NOT NULL,
  digest          BLOB   NOT NULL UNIQUE,
  invited_by      BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  ended_at        BIGINT,
  audit_n         BIGINT NOT NULL,
  row_mac         BLOB   NOT NULL,
  FOREIGN KEY (organization_id, invited_by) REFERENCES actors (organization_id, id)
);
INSERT INTO counters (name, value) VALUES ('invitation', 0);
CREATE INDEX invitations_pending ON invitations (organization_id, seq) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX invitations_one_each ON invitations (organization_id, email) WHERE ended_at IS NULL;
CREATE INDEX people_email ON people (email);
