-- The nodes that serve this database, and the changes of authority that each of them has to see before a revocation is
-- answered. Only Postgres is shared by several nodes; the tables exist on SQLite so that both schemas are equal.
CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    renewals BIGINT NOT NULL,
    seen BIGINT NOT NULL
);
CREATE TABLE authority_counter (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    n BIGINT NOT NULL
);
INSERT INTO authority_counter (id, n) VALUES (1, 0);
CREATE TABLE authority_changes (
    n BIGINT NOT NULL PRIMARY KEY,
    node TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    weakens BOOLEAN NOT NULL
);
