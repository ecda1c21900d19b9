-- Keys are BLOBs: SQLite then compares them byte by byte, which is the order S3 lists in.
CREATE TABLE IF NOT EXISTS buckets (
    name       TEXT    NOT NULL PRIMARY KEY,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS objects (
    bucket      TEXT    NOT NULL REFERENCES buckets (name),
    key         BLOB    NOT NULL,
    size        INTEGER NOT NULL,
    etag        TEXT    NOT NULL,
    modified_ms INTEGER NOT NULL,
    attributes  TEXT    NOT NULL, -- JSON: content type and other system headers, user metadata
    checksums   TEXT    NOT NULL, -- JSON: as the client gave them
    blob        TEXT    NOT NULL UNIQUE,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- What a bucket with versioning keeps: objects that were replaced or deleted, and the markers of deletes.
CREATE TABLE IF NOT EXISTS versions (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket   TEXT    NOT NULL REFERENCES buckets (name),
    key      BLOB    NOT NULL,
    version  TEXT    NOT NULL,
    since_ms INTEGER NOT NULL,
    object   TEXT,       -- JSON: the object's row; none for a marker
    blob     TEXT UNIQUE -- none for a marker
) STRICT;
CREATE INDEX IF NOT EXISTS versions_in_order ON versions (bucket, key, seq);

CREATE TABLE IF NOT EXISTS uploads (
    id           TEXT    NOT NULL PRIMARY KEY,
    bucket       TEXT    NOT NULL REFERENCES buckets (name),
    key          BLOB    NOT NULL,
    initiated_ms INTEGER NOT NULL,
    attributes   TEXT    NOT NULL,
    algorithm    TEXT,
    composite    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS uploads_in_order ON uploads (bucket, key, id);

CREATE TABLE IF NOT EXISTS parts (
    upload      TEXT    NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    etag        TEXT    NOT NULL,
    modified_ms INTEGER NOT NULL,
    checksums   TEXT    NOT NULL,
    blob        TEXT    NOT NULL UNIQUE,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT never hands an id out twice, not even after deletes and restarts: the id is the event's sequencer.
CREATE TABLE IF NOT EXISTS events (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    event         TEXT    NOT NULL, -- JSON: what happened
    due_ms        INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS dead_letters (
    id            INTEGER PRIMARY KEY,
    event         TEXT    NOT NULL,
    receive_count INTEGER NOT NULL
) STRICT;
