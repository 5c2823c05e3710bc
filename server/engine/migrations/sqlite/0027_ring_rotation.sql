-- When a key of the ring was replaced by a newer one. Null for a key that is active, or not active yet.
ALTER TABLE keyring ADD COLUMN retired_at BIGINT;
-- The ids of ring keys, which are never used twice, and the number of changes of the ring so far.
INSERT INTO counters (name, value) VALUES ('ring_key', 6), ('ring_change', 0);

-- The processes that have the ring in memory, the last change of it that each has read, and how often it has looked.
CREATE TABLE ring_readers (
  id      TEXT   NOT NULL PRIMARY KEY,
  changes BIGINT NOT NULL,
  looks   BIGINT NOT NULL
);
