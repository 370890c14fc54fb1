-- Schema version 5.

-- What the rows of each table add up to (log/table_sums.py): changed in every commit, with it.
CREATE TABLE log_sum (
    part INTEGER PRIMARY KEY CHECK (part = 0),
    commits INTEGER NOT NULL, -- since the sums began
    sums BLOB NOT NULL, -- MessagePack: table, rows, sum of their digests
    digest BLOB NOT NULL -- keyed, of the log and all that
) STRICT;

-- Tells this log from any other: the witness beside it names it (log/witness.py).
INSERT INTO meta VALUES ('log_id', lower(hex(randomblob(16))));
