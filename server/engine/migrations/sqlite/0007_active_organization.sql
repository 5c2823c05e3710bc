-- The organization that a person looked around in last: their next sign-in leads there.
ALTER TABLE people ADD COLUMN active_organization TEXT;
