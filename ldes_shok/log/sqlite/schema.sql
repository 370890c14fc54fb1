-- The SQLite log, schema version 2. A member's id is its stream's id times 2^48 plus its
-- number in the stream, so that a leaf is one range of ids. IRIs stand without the public base.
-- A checksum is the CRC-32 of what its row says (log/checksum.py): SQLite itself has none.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    members INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    ties INTEGER NOT NULL,
    previous_members TEXT NOT NULL, -- JSON: calendar level to members
    policies TEXT NOT NULL, -- JSON: [from_position, leaf_members, bucket_leaves, sparse_month]
    checksum INTEGER NOT NULL
) STRICT;

-- Who sent events, and of what kind: a dozen rows that every event would repeat.
CREATE TABLE origin (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    UNIQUE (tenant, source, kind)
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    identity BLOB NOT NULL UNIQUE, -- begins with the observed minute: see cabinet/identity.py
    origin_id INTEGER NOT NULL REFERENCES origin (id),
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    cabinet TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    checksum INTEGER NOT NULL -- its origin's texts included
) STRICT;

CREATE TABLE quarantine (
    event_id INTEGER PRIMARY KEY REFERENCES event (id),
    tenant TEXT NOT NULL,
    cabinet TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    stream TEXT NOT NULL,
    report TEXT NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_by_cabinet ON quarantine (tenant, cabinet, event_id);

CREATE TABLE rejection (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    checksum INTEGER NOT NULL -- without the id
) STRICT;

CREATE TABLE template (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE, -- a hash of the body: see ldes/template.py
    body BLOB NOT NULL -- JSON: form to [text, holes]
) STRICT;

-- Members, some hundred to a row, none in two rows: see log/pack.py.
CREATE TABLE pack (
    id INTEGER PRIMARY KEY, -- of its first member
    members INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE iri (iri TEXT PRIMARY KEY, member_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Members whose entity may have thousands of versions: see log/sqlite_iris.py.
CREATE TABLE version (
    entity TEXT NOT NULL,
    version_us INTEGER NOT NULL, -- the version's own time, microseconds since 1970
    member_id INTEGER NOT NULL,
    PRIMARY KEY (entity, version_us, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
    stream_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    parent TEXT,
    kind TEXT NOT NULL,
    lower_ms INTEGER NOT NULL,
    upper_ms INTEGER,
    first_position INTEGER NOT NULL,
    members INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    leaves INTEGER NOT NULL,
    split INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    archived INTEGER, -- of a sealed leaf: 0 while its pages are not stored, then 1
    PRIMARY KEY (stream_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX node_by_parent ON node (stream_id, parent, lower_ms);
CREATE INDEX node_open ON node (stream_id) WHERE sealed = 0;
CREATE INDEX node_unarchived ON node (last_ms) WHERE archived = 0;

CREATE TABLE sealed_head (
    stream_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    form TEXT NOT NULL,
    prefix BLOB NOT NULL,
    suffix BLOB NOT NULL,
    digest BLOB NOT NULL, -- empty for a leaf that is not archived yet
    checksum INTEGER NOT NULL, -- without the digest
    PRIMARY KEY (stream_id, path, form)
) STRICT;

-- The whole pages of sealed leaves, coded with gzip. Its own CRC-32 is of the text: a bit of its
-- header may flip without a difference to that.
CREATE TABLE page (
    stream_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    form TEXT NOT NULL,
    gzip BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (stream_id, path, form)
) STRICT;

CREATE TABLE state (
    tenant TEXT NOT NULL,
    cabinet TEXT NOT NULL,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (tenant, cabinet)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    events INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (source, outcome)
) STRICT, WITHOUT ROWID;
