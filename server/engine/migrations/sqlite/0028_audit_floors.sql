-- What remains of audit events that were removed because of their age: for each object whose rows are compared with the log,
-- the number of its newest removed event. The event audit_log.cut has a hash over the rows of its organization.
CREATE TABLE audit_floors (
  organization_id TEXT   NOT NULL REFERENCES organizations (id),
  n               BIGINT NOT NULL,
  object_kind     TEXT   NOT NULL,
  object_id       TEXT   NOT NULL,
  at              BIGINT NOT NULL,
  action          TEXT   NOT NULL,
  PRIMARY KEY (organization_id, n),
  UNIQUE (organization_id, object_kind, object_id)
);
