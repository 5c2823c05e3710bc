-- Whether the gate of an API signs an assertion for each request that passes.
ALTER TABLE apis ADD COLUMN signed_assertion BOOLEAN NOT NULL DEFAULT FALSE;
