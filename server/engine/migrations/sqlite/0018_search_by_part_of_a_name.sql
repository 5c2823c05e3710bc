-- The keys that someone created, without reading their rows.
DROP INDEX api_keys_creator;
CREATE INDEX api_keys_creator ON api_keys (organization_id, created_by, id);

-- Every three consecutive characters of a name lead to its row, so that a search for a part of a name does not read all
-- names. Names are in lower case already (`folded_name`), and are indexed as they are. The tables keep no second copy of
-- them.
CREATE VIRTUAL TABLE api_key_name_parts USING fts5 (
  folded_name, content = 'api_keys', content_rowid = 'id', columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE actor_name_parts USING fts5 (
  folded_name, content = 'actors', content_rowid = 'id', columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO api_key_name_parts (rowid, folded_name) SELECT id, folded_name FROM api_keys;
INSERT INTO actor_name_parts (rowid, folded_name) SELECT id, folded_name FROM actors;

-- A change that leaves the name as it is, such as a revocation, writes nothing to the index. To remove a name, FTS5 needs
-- to be told what it was.
CREATE TRIGGER api_key_name_added AFTER INSERT ON api_keys BEGIN
  INSERT INTO api_key_name_parts (rowid, folded_name) VALUES (new.id, new.folded_name);
END;
CREATE TRIGGER api_key_name_changed AFTER UPDATE OF id, folded_name ON api_keys
WHEN old.id <> new.id OR old.folded_name <> new.folded_name BEGIN
  INSERT INTO api_key_name_parts (api_key_name_parts, rowid, folded_name) VALUES ('delete', old.id, old.folded_name);
  INSERT INTO api_key_name_parts (rowid, folded_name) VALUES (new.id, new.folded_name);
END;
CREATE TRIGGER api_key_name_removed AFTER DELETE ON api_keys BEGIN
  INSERT INTO api_key_name_parts (api_key_name_parts, rowid, folded_name) VALUES ('delete', old.id, old.folded_name);
END;
CREATE TRIGGER actor_name_added AFTER INSERT ON actors BEGIN
  INSERT INTO actor_name_parts (rowid, folded_name) VALUES (new.id, new.folded_name);
END;
CREATE TRIGGER actor_name_changed AFTER UPDATE OF id, folded_name ON actors
WHEN old.id <> new.id OR old.folded_name <> new.folded_name BEGIN
  INSERT INTO actor_name_parts (actor_name_parts, rowid, folded_name) VALUES ('delete', old.id, old.folded_name);
  INSERT INTO actor_name_parts (rowid, folded_name) VALUES (new.id, new.folded_name);
END;
CREATE TRIGGER actor_name_removed AFTER DELETE ON actors BEGIN
  INSERT INTO actor_name_parts (actor_name_parts, rowid, folded_name) VALUES ('delete', old.id, old.folded_name);
END;
