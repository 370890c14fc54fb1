-- From schema version 3 to 4: what the log calls raw bytes by is keyed, and they are encrypted. A log
-- that holds anything of before says so until `LogWriter.rekey` has been over it.
INSERT INTO meta (name, value) SELECT 'unkeyed', 'yes'
WHERE EXISTS (SELECT 1 FROM event) OR EXISTS (SELECT 1 FROM raw)
    OR EXISTS (SELECT 1 FROM rejection) OR EXISTS (SELECT 1 FROM memory);
