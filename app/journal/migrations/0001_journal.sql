-- One text for SQLite and PostgreSQL. Times are milliseconds since 1970 in UTC; lists are JSON.
-- Hashes are keyed (see hashes.py), hash_key names the key.

-- Every decision of a call without who and when: calls that decided the same share one row.
CREATE TABLE decision_list (
    digest TEXT PRIMARY KEY,
    content_version TEXT NOT NULL,
    content_digest TEXT NOT NULL,
    decisions TEXT NOT NULL
);

CREATE TABLE hook_call (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    hook TEXT NOT NULL,
    hook_instance TEXT NOT NULL,
    patient_hash TEXT NOT NULL,
    user_hash TEXT,
    encounter_hash TEXT,
    hash_key TEXT NOT NULL,
    decided TEXT NOT NULL,
    not_read TEXT NOT NULL,
    stage_ms TEXT NOT NULL
);
CREATE INDEX hook_call_at ON hook_call (at);

-- A retry of a call yields the same cards, and so no further rows.
CREATE TABLE card (
    uuid TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    client TEXT NOT NULL,
    call TEXT NOT NULL,
    recommendation TEXT NOT NULL,
    indicator TEXT NOT NULL,
    suggestions TEXT NOT NULL
);
CREATE INDEX card_at ON card (at);

-- The same report sent twice has the same id.
CREATE TABLE feedback (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    card TEXT NOT NULL,
    outcome TEXT NOT NULL,
    outcome_at BIGINT NOT NULL,
    suggestions TEXT NOT NULL,
    reason TEXT,
    counts_apart INTEGER NOT NULL,
    comment TEXT,
    hash_key TEXT NOT NULL
);
CREATE INDEX feedback_at ON feedback (at);
CREATE INDEX feedback_card ON feedback (card);

-- Tokens that may be used once, each until it would be refused anyway.
CREATE TABLE remembered (
    key TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);

-- One row, written when nothing else is, so that a store that cannot be written is noticed.
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY,
    at BIGINT NOT NULL
);
