-- From schema version 2 to 3: what decoders remember, and what transports received.

-- What decoders remember between two messages of one subject: see sources/decoder.py.
CREATE TABLE memory (
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (source, subject)
) STRICT, WITHOUT ROWID;

-- What transports received, as it came; the only rows that are deleted, when they are old. The same
-- bytes come again from a device without a clock, and mean something else then.
CREATE TABLE raw (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL,
    source TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    UNIQUE (digest, source, received_ms)
) STRICT;
CREATE INDEX raw_by_time ON raw (received_ms);
