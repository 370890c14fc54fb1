-- Schema version 4.

-- What the rows of each table add up to (log/table_sums.py): changed in every commit, with it. A row
-- for each month, which goes when the month is dropped, and row 0 for what belongs to none.
CREATE TABLE log_sum (
    part integer PRIMARY KEY,
    commits bigint NOT NULL, -- that changed it
    sums bytea NOT NULL, -- MessagePack: table, rows, sum of their digests
    digest bytea NOT NULL -- keyed, of the log and all that
) WITH (fillfactor = 50);

-- Tells this log from any other.
INSERT INTO meta VALUES ('log_id', replace(gen_random_uuid()::text, '-', ''));

-- Tells the writer which rows its transaction changes; it has the table, and the key that the server
-- does not have. Whoever has not the table changes rows behind its back.
CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE part integer := 0;
BEGIN
    IF to_regclass('pg_temp.changed_row') IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        IF TG_ARGV[1] = 'month' THEN part := OLD.month; END IF;
        INSERT INTO pg_temp.changed_row VALUES (TG_ARGV[0], part, -1, sha256(record_send(OLD)));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF TG_ARGV[1] = 'month' THEN part := NEW.month; END IF;
        INSERT INTO pg_temp.changed_row VALUES (TG_ARGV[0], part, 1, sha256(record_send(NEW)));
    END IF;
    RETURN NULL;
END $$;
