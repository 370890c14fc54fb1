-- Schema version 4.

-- Streams that were closed, because what goes there is chosen by another rule now.
-- Sums of an earlier version were of fewer users, and by the quarter of an hour: they stay as they
-- are, behind a token, and new ones go to the successor (ldes/stream.py).
INSERT INTO meta
SELECT 'closed_streams', name FROM stream WHERE name = 'verbruik' AND members > 0;

-- What the log calls raw bytes by is keyed, and they are encrypted. A log
-- that holds anything of before says so until `LogWriter.rekey` has been over it.
INSERT INTO meta (name, value) SELECT 'unkeyed', 'yes'
WHERE EXISTS (SELECT 1 FROM event) OR EXISTS (SELECT 1 FROM raw)
    OR EXISTS (SELECT 1 FROM rejection) OR EXISTS (SELECT 1 FROM memory);
