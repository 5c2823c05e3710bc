-- Names in lower case, so that searching them is the same on every database.
ALTER TABLE actors ADD COLUMN folded_name TEXT NOT NULL DEFAULT '';
UPDATE actors SET folded_name = LOWER(name);
-- Service accounts: who made them, whether they are refused for now, whether they may have several active keys.
ALTER TABLE actors ADD COLUMN created_by BIGINT;
ALTER TABLE actors ADD COLUMN disabled_at BIGINT;
ALTER TABLE actors ADD COLUMN allow_overlap BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE organizations ADD COLUMN max_key_days BIGINT;

ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '*';
ALTER TABLE api_keys ADD COLUMN folded_name TEXT NOT NULL DEFAULT '';
UPDATE api_keys SET folded_name = LOWER(name);
ALTER TABLE api_keys ADD COLUMN expired_at BIGINT;
ALTER TABLE api_keys ADD COLUMN exposed_at BIGINT;
ALTER TABLE api_keys ADD COLUMN rotated_from BIGINT;
ALTER TABLE api_keys ADD COLUMN rotated_to BIGINT;
ALTER TABLE api_keys ADD COLUMN last_used_address TEXT;
ALTER TABLE api_keys ADD COLUMN last_used_agent TEXT;
-- The one active key of a service account that may have no other.
ALTER TABLE api_keys ADD COLUMN sole BOOLEAN NOT NULL DEFAULT FALSE;
-- 0 usable, 1 ended by itself, 2 revoked: the order of the list.
ALTER TABLE api_keys ADD COLUMN rank BIGINT NOT NULL DEFAULT 0;
UPDATE api_keys SET rank = 2 WHERE revoked_at IS NOT NULL;
CREATE INDEX api_keys_rank ON api_keys (organization_id, rank, id DESC);
CREATE INDEX api_keys_name ON api_keys (organization_id, rank, folded_name, id);
CREATE INDEX api_keys_use ON api_keys (organization_id, rank, (COALESCE(last_used_at, 0)) DESC, id DESC);
CREATE INDEX api_keys_end ON api_keys (organization_id, rank, (COALESCE(expires_at, 9223372036854775807)), id);
CREATE INDEX api_keys_creator ON api_keys (organization_id, created_by);
CREATE INDEX api_keys_prefix ON api_keys (organization_id, key_prefix);
CREATE INDEX api_keys_due ON api_keys (expires_at) WHERE rank = 0 AND expires_at IS NOT NULL;
CREATE UNIQUE INDEX api_keys_sole ON api_keys (organization_id, actor_id) WHERE sole AND rank = 0;

-- Requests that may be repeated without being done twice. Only digests of what callers chose are kept.
CREATE TABLE once (
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  actor_id        BIGINT NOT NULL,
  digest          BYTEA  NOT NULL,
  request         BYTEA  NOT NULL,
  key_id          BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (organization_id, actor_id, digest)
);
CREATE INDEX once_age ON once (created_at);

-- How keys are used. Days are counted from 1970 in UTC.
CREATE TABLE key_days (
  key_id  BIGINT NOT NULL REFERENCES api_keys (id),
  day     BIGINT NOT NULL,
  calls   BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  cost    BIGINT NOT NULL,
  PRIMARY KEY (key_id, day)
);
CREATE INDEX key_days_day ON key_days (day);
CREATE TABLE key_callers (
  key_id  BIGINT NOT NULL REFERENCES api_keys (id),
  address TEXT   NOT NULL,
  agent   TEXT   NOT NULL,
  at      BIGINT NOT NULL,
  calls   BIGINT NOT NULL,
  PRIMARY KEY (key_id, address, agent)
);
CREATE TABLE key_refusals (
  key_id  BIGINT NOT NULL REFERENCES api_keys (id),
  day     BIGINT NOT NULL,
  cause   TEXT   NOT NULL,
  at      BIGINT NOT NULL,
  address TEXT,
  count   BIGINT NOT NULL,
  PRIMARY KEY (key_id, day, cause)
);
CREATE INDEX key_refusals_day ON key_refusals (day);

CREATE TABLE runs (
  id              TEXT   NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  workspace_id    TEXT   NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  seq             BIGINT NOT NULL,
  status          TEXT   NOT NULL,
  environment     TEXT   NOT NULL,
  via             TEXT   NOT NULL,
  input           TEXT,
  created_by      BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  FOREIGN KEY (organization_id, created_by) REFERENCES actors (organization_id, id)
);
INSERT INTO counters (name, value) VALUES ('run', 0), ('item', 0);
CREATE INDEX runs_workspace ON runs (organization_id, workspace_id, seq);

-- The key to which messages for an actor are sealed.
CREATE TABLE inboxes (
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  actor_id        BIGINT NOT NULL,
  key_id          BIGINT NOT NULL REFERENCES api_keys (id),
  PRIMARY KEY (organization_id, actor_id)
);
-- Messages and notes. Only the key they are sealed to, or an heir of it, opens them; nothing here does.
CREATE TABLE items (
  id              TEXT   NOT NULL PRIMARY KEY,
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  actor_id        BIGINT NOT NULL,
  kind            TEXT   NOT NULL,
  seq             BIGINT NOT NULL,
  key_id          BIGINT NOT NULL REFERENCES api_keys (id),
  from_actor      BIGINT NOT NULL,
  sealed          BYTEA  NOT NULL,
  created_at      BIGINT NOT NULL,
  FOREIGN KEY (organization_id, actor_id) REFERENCES actors (organization_id, id),
  FOREIGN KEY (organization_id, from_actor) REFERENCES actors (organization_id, id)
);
CREATE INDEX items_owner ON items (organization_id, actor_id, kind, seq);
CREATE INDEX items_key ON items (key_id);
-- What opened a key's items, sealed to the key that took its place.
CREATE TABLE heirs (
  key_id      BIGINT NOT NULL REFERENCES api_keys (id),
  from_key_id BIGINT NOT NULL REFERENCES api_keys (id),
  sealed      BYTEA  NOT NULL,
  PRIMARY KEY (key_id, from_key_id)
);
