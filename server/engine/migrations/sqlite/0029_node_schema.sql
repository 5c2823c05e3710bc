-- The newest migration that the program of a node knows. Null for a program that does not say.
ALTER TABLE nodes ADD COLUMN schema BIGINT;
