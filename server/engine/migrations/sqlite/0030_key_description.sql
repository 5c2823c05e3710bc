-- What a key is for, in the words of a person. Null for none.
ALTER TABLE api_keys ADD COLUMN description TEXT;
