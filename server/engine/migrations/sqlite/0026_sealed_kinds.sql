-- `kind` of an item is 'message', 'note', 'session', 'todo' or 'activity'. Only a todo is ever done.
ALTER TABLE items ADD COLUMN done BOOLEAN NOT NULL DEFAULT FALSE;
