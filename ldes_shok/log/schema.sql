-- The SQLite log, schema version 1. A member's id is its stream's id times 2^48 plus its
-- number in the stream, so that a leaf is one range of ids.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    members INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    ties INTEGER NOT NULL,
    previous_members TEXT NOT NULL, -- JSON: calendar level to members
    policies TEXT NOT NULL -- JSON: [from_position, leaf_members, bucket_leaves, sparse_month]
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    identity BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    cabinet TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    raw_digest BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
    event_id INTEGER PRIMARY KEY REFERENCES event (id),
    tenant TEXT NOT NULL,
    cabinet TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    stream TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;
CREATE INDEX quarantine_by_cabinet ON quarantine (tenant, cabinet, event_id);

CREATE TABLE rejection (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;

CREATE TABLE member (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL UNIQUE,
    entity TEXT NOT NULL,
    version_us INTEGER NOT NULL, -- the version's own time, microseconds since 1970
    published_ms INTEGER NOT NULL,
    event_id INTEGER NOT NULL REFERENCES event (id),
    summary TEXT NOT NULL
) STRICT;
CREATE INDEX member_by_entity ON member (entity, version_us);

CREATE TABLE block_turtle (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE block_ntriples (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE block_jsonld (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

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
    PRIMARY KEY (stream_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX node_by_parent ON node (stream_id, parent, lower_ms);
CREATE INDEX node_open ON node (stream_id) WHERE sealed = 0;

CREATE TABLE sealed_head (
    stream_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    form TEXT NOT NULL,
    prefix BLOB NOT NULL,
    suffix BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (stream_id, path, form)
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
    tenant TEXT NOT NULL,
    cabinet TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (tenant, cabinet)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (source, outcome)
) STRICT, WITHOUT ROWID;
