-- Schema version 2: what decoders remember, and what transports received.

-- What decoders remember between two messages of one subject: see sources/decoder.py.
CREATE TABLE memory (
    source text NOT NULL,
    subject text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (source, subject)
) WITH (fillfactor = 70);

-- What transports received, as it came; deleted when it is old. The same bytes come again from a
-- device without a clock, and mean something else then.
CREATE TABLE raw (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL,
    source text NOT NULL,
    received_ms bigint NOT NULL,
    body bytea NOT NULL,
    UNIQUE (digest, source, received_ms)
);
CREATE INDEX raw_by_time ON raw (received_ms);
