-- Runs that workers execute. `lease` is the digest of what the worker got with the run, and `claimed_by` is its actor.
-- `output` is JSON.
ALTER TABLE runs ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN lease BYTEA;
ALTER TABLE runs ADD COLUMN lease_expires_at BIGINT;
ALTER TABLE runs ADD COLUMN claimed_at BIGINT;
ALTER TABLE runs ADD COLUMN claimed_by BIGINT;
ALTER TABLE runs ADD COLUMN ended_at BIGINT;
ALTER TABLE runs ADD COLUMN output TEXT;
ALTER TABLE runs ADD COLUMN error TEXT;

-- The list of all runs, and of those in one state. The queue reads the second from its start.
CREATE INDEX runs_organization ON runs (organization_id, environment, seq);
CREATE INDEX runs_state ON runs (organization_id, environment, status, seq);
CREATE INDEX runs_lease ON runs (lease_expires_at) WHERE status = 'running';
