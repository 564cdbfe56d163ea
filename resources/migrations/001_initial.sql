-- The first schema: models, data sets, runs, adapter versions and votes.
CREATE TABLE model (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL -- the registration as JSON
) WITHOUT ROWID;

CREATE TABLE dataset (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE run (
    id TEXT PRIMARY KEY, -- the folder's name
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    base_model TEXT NOT NULL,
    base_hash TEXT NOT NULL,
    dataset TEXT NOT NULL,
    dataset_hash TEXT NOT NULL,
    parent TEXT NOT NULL, -- a run's id, which may be of another workspace; empty: none
    config TEXT NOT NULL, -- run.json
    global_step INTEGER NOT NULL,
    max_steps INTEGER NOT NULL,
    loss REAL,
    eval_loss REAL,
    perplexity REAL,
    tokens_per_second REAL,
    seconds REAL,
    tokens INTEGER NOT NULL,
    peak_memory INTEGER NOT NULL,
    trainable_parameters INTEGER NOT NULL,
    problem TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    tags TEXT NOT NULL, -- JSON array
    notes TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX run_created ON run (created);

CREATE TABLE adapter (
    id TEXT PRIMARY KEY,
    run TEXT REFERENCES run (id) ON DELETE CASCADE, -- NULL: imported
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('final', 'checkpoint', 'imported')),
    parent TEXT NOT NULL, -- an adapter's id; empty: its base
    base_model TEXT NOT NULL,
    base_hash TEXT NOT NULL,
    dataset_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    config TEXT NOT NULL,
    global_step INTEGER NOT NULL,
    loss REAL,
    eval_loss REAL,
    perplexity REAL,
    rank INTEGER NOT NULL,
    alpha REAL NOT NULL,
    target_modules TEXT NOT NULL, -- JSON array
    size_bytes INTEGER NOT NULL,
    created TEXT NOT NULL,
    tags TEXT NOT NULL,
    notes TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX adapter_run ON adapter (run);

CREATE TABLE vote (
    id TEXT PRIMARY KEY,
    prompt TEXT NOT NULL,
    left_adapter TEXT NOT NULL,
    right_adapter TEXT NOT NULL,
    winner TEXT NOT NULL CHECK (winner IN ('left', 'right', 'tie')),
    created TEXT NOT NULL
) WITHOUT ROWID;
