-- The archive, version 11: orders to keep what contains a term. Once released, this file never changes.

-- The terms, as they were given: a message fits if it contains one of them. Nothing where the order does not ask for any.
ALTER TABLE holds ADD COLUMN texts TEXT CHECK (texts IS NULL OR json_type(texts) = 'array' AND json_array_length(texts) > 0);
