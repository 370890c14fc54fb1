-- The PostgreSQL log, step 1. What belongs to a month (YYYYMM, of publication) is partitioned by
-- it, so that a month is dropped in one statement; month 0 holds what belongs to no month. What
-- must be recognised for ever after (IRIs, events) is partitioned by year: looking something up
-- asks every partition, so they must stay few.

CREATE TABLE head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL, -- grows with every writer that is elected
    generation bigint NOT NULL, -- grows with every commit
    dropped_before integer NOT NULL -- months before this one are gone
) WITH (fillfactor = 10);
INSERT INTO head (epoch, generation, dropped_before) VALUES (0, 0, 0);

-- Begins every commit: refuses a writer that is no longer the elected one, counts the commit,
-- and tells the readers when it is done.
CREATE FUNCTION advance(mine bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE now bigint;
BEGIN
    UPDATE head SET generation = generation + 1 WHERE epoch = mine RETURNING generation INTO now;
    IF now IS NULL THEN
        RAISE EXCEPTION 'another writer was elected' USING ERRCODE = 'LD001';
    END IF;
    PERFORM pg_notify('ldes_shok', now::text);
    RETURN now;
END $$;

CREATE TABLE stream (
    id integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    members bigint NOT NULL,
    last_ms bigint NOT NULL,
    ties integer NOT NULL,
    previous_members text NOT NULL, -- JSON: calendar level to members
    policies text NOT NULL -- JSON: [from_position, leaf_members, bucket_leaves, sparse_month]
) WITH (fillfactor = 50);

CREATE TABLE template (
    id integer PRIMARY KEY,
    key bytea NOT NULL UNIQUE,
    body bytea NOT NULL
);

-- Members, a run of positions of one stream in a row: those of one commit, later of one leaf.
CREATE TABLE pack (
    month integer NOT NULL,
    stream_id integer NOT NULL,
    first_number bigint NOT NULL, -- position - FIRST_POSITION
    members integer NOT NULL,
    body bytea NOT NULL,
    checksum bigint NOT NULL, -- CRC-32 of stream, number, members and body
    PRIMARY KEY (stream_id, first_number, month)
) PARTITION BY LIST (month);
ALTER TABLE pack ALTER body SET STORAGE EXTERNAL; -- it is compressed

CREATE TABLE iri (
    year integer NOT NULL,
    iri text COLLATE "C" NOT NULL, -- without the public base
    member_id bigint NOT NULL, -- stream_id * 2^48 + number
    month integer NOT NULL,
    version_us bigint NOT NULL, -- the version's own time, microseconds since 1970
    entity text COLLATE "C", -- NULL: all of the IRI before the last slash
    PRIMARY KEY (iri, year)
) PARTITION BY LIST (year);
CREATE INDEX iri_by_entity ON iri (entity) WHERE entity IS NOT NULL;

-- Events, those of one commit in a row.
CREATE TABLE event_pack (
    month integer NOT NULL,
    first_id bigint NOT NULL,
    events integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (first_id, month)
) PARTITION BY LIST (month);
ALTER TABLE event_pack ALTER body SET STORAGE EXTERNAL;

CREATE TABLE identity (
    year integer NOT NULL,
    identity bytea NOT NULL,
    PRIMARY KEY (identity, year)
) PARTITION BY LIST (year);

CREATE TABLE quarantine (
    month integer NOT NULL,
    event_id bigint NOT NULL,
    tenant text NOT NULL,
    cabinet text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    stream text NOT NULL,
    report text NOT NULL,
    PRIMARY KEY (event_id, month)
) PARTITION BY LIST (month);
CREATE INDEX quarantine_by_cabinet ON quarantine (tenant, cabinet, event_id);

CREATE SEQUENCE rejection_id;
CREATE TABLE rejection (
    month integer NOT NULL,
    id bigint NOT NULL DEFAULT nextval('rejection_id'),
    source text NOT NULL,
    received_ms bigint NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (id, month)
) PARTITION BY LIST (month);

CREATE TABLE node (
    stream_id integer NOT NULL,
    path text COLLATE "C" NOT NULL,
    parent text COLLATE "C",
    month integer NOT NULL,
    kind text NOT NULL,
    lower_ms bigint NOT NULL,
    upper_ms bigint,
    first_position bigint NOT NULL,
    members bigint NOT NULL,
    last_ms bigint NOT NULL,
    leaves integer NOT NULL,
    split boolean NOT NULL,
    sealed boolean NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    PRIMARY KEY (stream_id, path)
) WITH (fillfactor = 60);
CREATE INDEX node_by_parent ON node (stream_id, parent, lower_ms);
CREATE INDEX node_open ON node (stream_id) WHERE NOT sealed;
CREATE INDEX node_unarchived ON node (lower_ms, stream_id, first_position)
    WHERE kind = 'leaf' AND sealed AND NOT archived;

CREATE TABLE sealed_head (
    month integer NOT NULL,
    stream_id integer NOT NULL,
    path text COLLATE "C" NOT NULL,
    form text NOT NULL,
    prefix bytea NOT NULL,
    suffix bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (stream_id, path, form, month)
) PARTITION BY LIST (month);
CREATE TABLE sealed_head_0 PARTITION OF sealed_head FOR VALUES IN (0);

CREATE TABLE page (
    month integer NOT NULL,
    stream_id integer NOT NULL,
    path text COLLATE "C" NOT NULL,
    form text NOT NULL,
    gzip bytea NOT NULL,
    PRIMARY KEY (stream_id, path, form, month)
) PARTITION BY LIST (month);
ALTER TABLE page ALTER gzip SET STORAGE EXTERNAL;
CREATE TABLE page_0 PARTITION OF page FOR VALUES IN (0);

CREATE TABLE state (
    tenant text NOT NULL,
    cabinet text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (tenant, cabinet)
) WITH (fillfactor = 70);

CREATE TABLE tally (
    source text NOT NULL,
    outcome text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (source, outcome)
) WITH (fillfactor = 50);
