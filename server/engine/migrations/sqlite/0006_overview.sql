-- Everything that is asked of keys at a glance, so that no wide row is read for it.
CREATE INDEX api_keys_glance ON api_keys (organization_id, rank, actor_id, created_at, expires_at, last_used_at, exposed_at, rotated_to, id);

-- The days of all keys of an actor together, so that those of an organization are few rows however many keys it has.
CREATE TABLE actor_days (
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  actor_id        BIGINT NOT NULL,
  environment     TEXT   NOT NULL,
  day             BIGINT NOT NULL,
  calls           BIGINT NOT NULL,
  refused         BIGINT NOT NULL,
  cost            BIGINT NOT NULL,
  PRIMARY KEY (organization_id, actor_id, environment, day),
  FOREIGN KEY (organization_id, actor_id) REFERENCES actors (organization_id, id)
);
CREATE INDEX actor_days_day ON actor_days (day);
INSERT INTO actor_days (organization_id, actor_id, environment, day, calls, refused, cost)
  SELECT k.organization_id, k.actor_id, CASE WHEN k.kind = 'test' THEN 'test' ELSE 'production' END, d.day, SUM(d.calls), SUM(d.refused), SUM(d.cost)
  FROM key_days d JOIN api_keys k ON k.id = d.key_id
  GROUP BY k.organization_id, k.actor_id, CASE WHEN k.kind = 'test' THEN 'test' ELSE 'production' END, d.day;
