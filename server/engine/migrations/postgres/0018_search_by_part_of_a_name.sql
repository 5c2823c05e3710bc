-- The keys that someone created, without reading their rows.
DROP INDEX api_keys_creator;
CREATE INDEX api_keys_creator ON api_keys (organization_id, created_by, id);

-- A search for the start of a public prefix uses the index `api_keys_prefix` only if texts are compared byte by byte.
ALTER TABLE api_keys ALTER COLUMN key_prefix TYPE TEXT COLLATE "C";

-- Every three consecutive letters of a name lead to its row, so that a search for a part of a name does not read all
-- names. The index needs the extension pg_trgm. Where it is not installed, or this user may not create it, there is no
-- index, and searching reads all names; README.md says how to add the index later.
--
-- Each change of a row adds to the index, also one that leaves the name as it is. So changes are collected first, and
-- the collection, which every search reads, is kept small (in KiB).
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX api_keys_name_parts ON api_keys USING gin (folded_name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
  CREATE INDEX actors_name_parts ON actors USING gin (folded_name gin_trgm_ops) WITH (gin_pending_list_limit = 256);
EXCEPTION
  WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE WARNING 'searching keys by name has no index: %', SQLERRM;
END
$$;
