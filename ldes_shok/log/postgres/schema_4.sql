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

-- Tells the writer which rows its transaction changes: a line for each, the newest in `changed` and
-- the rest in `changed_before`, because a setting is copied whenever it grows. The writer has the key;
-- the server has not, and who changes rows behind the writer's back is told nothing and asked nothing.
CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part integer := 0;
    changed text := coalesce(current_setting('ldes_shok.changed', true), '');
BEGIN
    IF length(changed) > 4000 THEN
        PERFORM set_config('ldes_shok.changed_before',
            coalesce(current_setting('ldes_shok.changed_before', true), '') || changed, true);
        changed := '';
    END IF;
    IF TG_OP <> 'INSERT' THEN
        IF TG_ARGV[1] = 'month' THEN part := OLD.month; END IF;
        changed := changed || format(E'%s %s - %s\n', TG_ARGV[0], part,
            encode(sha256(record_send(OLD)), 'hex'));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF TG_ARGV[1] = 'month' THEN part := NEW.month; END IF;
        changed := changed || format(E'%s %s + %s\n', TG_ARGV[0], part,
            encode(sha256(record_send(NEW)), 'hex'));
    END IF;
    PERFORM set_config('ldes_shok.changed', changed, true);
    RETURN NULL;
END $$;
