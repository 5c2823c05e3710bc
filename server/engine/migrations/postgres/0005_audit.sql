-- What the log is asked for: what happened, to what kind of thing, when.
CREATE INDEX audit_events_action ON audit_events (organization_id, action, n);
CREATE INDEX audit_events_kind ON audit_events (organization_id, object_kind, n);
CREATE INDEX audit_events_at ON audit_events (organization_id, at, n);
