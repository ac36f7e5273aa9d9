-- The archive, version 13: orders to keep what a query finds. Once released, this file never changes.

-- The query, as it was written, and the time zone whose days and months it means. Nothing where the order has none.
ALTER TABLE holds ADD COLUMN query TEXT CHECK (query IS NULL OR length(query) > 0);
ALTER TABLE holds ADD COLUMN zone TEXT CHECK ((zone IS NULL) = (query IS NULL));
