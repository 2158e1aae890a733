-- What was said between our people and customers' people, and what feeling was in it.

CREATE TABLE interactions (
    id            INTEGER PRIMARY KEY NOT NULL,
    system        TEXT NOT NULL,                -- the system whose key external_id is
    external_id   TEXT NOT NULL,                -- for mails their Message-ID
    customer_id   INTEGER NOT NULL REFERENCES customers (id),
    department_id INTEGER REFERENCES departments (id),  -- the contact's when it happened
    contact_id    INTEGER REFERENCES contacts (id),
    user_id       INTEGER REFERENCES users (id),  -- of our own people
    channel       TEXT NOT NULL,                -- mail, call, visit, chat, note
    direction     TEXT NOT NULL,                -- inbound: the customer's words, outbound: ours, internal
    shipment_id   INTEGER REFERENCES shipments (id),
    complaint_id  INTEGER REFERENCES complaints (id),
    at            INTEGER NOT NULL,
    subject       TEXT,
    text          TEXT,                         -- without quoted replies and signatures
    language      TEXT,                         -- as found: en, zh, mixed, other, unknown
    polarity      REAL,                       -- in [-1, 1]; NULL: not scored
    confidence    REAL,                       -- in [0.5, 1]
    neutral       INTEGER,
    not_scored    TEXT,                         -- why: empty, no_words, other_language, ours
    sentences     TEXT,                         -- JSON: those that carried it, with their polarity
    topics        TEXT,                         -- JSON: topic and polarity
    scored_with   TEXT,                         -- lexicon, or the model's id
    version       INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    deleted_at    INTEGER,
    CONSTRAINT interactions_external_id_key UNIQUE (system, external_id),
    CONSTRAINT interactions_polarity_in_range CHECK (polarity >= -1 AND polarity <= 1)
) STRICT;
CREATE INDEX interactions_customer_idx ON interactions (customer_id, at);
CREATE INDEX interactions_department_idx ON interactions (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX interactions_contact_idx ON interactions (contact_id, at) WHERE contact_id IS NOT NULL;
CREATE INDEX interactions_user_idx ON interactions (user_id, at) WHERE user_id IS NOT NULL;
CREATE INDEX interactions_shipment_idx ON interactions (shipment_id) WHERE shipment_id IS NOT NULL;
CREATE INDEX interactions_complaint_idx ON interactions (complaint_id) WHERE complaint_id IS NOT NULL;
CREATE INDEX interactions_at_idx ON interactions (at);
CREATE INDEX interactions_updated_idx ON interactions (updated_at, id);

CREATE TABLE sentiment_models (
    id         INTEGER PRIMARY KEY NOT NULL,
    language   TEXT NOT NULL,
    texts      INTEGER NOT NULL,                  -- learnt from
    labels     INTEGER NOT NULL,                  -- of them with a survey score beside the comment
    weights    TEXT NOT NULL,                   -- base64
    figures    TEXT NOT NULL,                   -- JSON: held-out figures, or why there are none
    in_use     INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sentiment_models_in_use_key ON sentiment_models (language) WHERE in_use = 1;

-- Who of our own people looks after a customer, and since when.
CREATE TABLE customer_owners (
    id          INTEGER PRIMARY KEY NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    user_id     INTEGER NOT NULL REFERENCES users (id),
    from_on     TEXT NOT NULL,
    until_on    TEXT,                          -- first day of the next owner; NULL: still
    actor       TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX customer_owners_one_key ON customer_owners (customer_id) WHERE until_on IS NULL;
CREATE INDEX customer_owners_customer_idx ON customer_owners (customer_id, from_on);
CREATE INDEX customer_owners_user_idx ON customer_owners (user_id);

-- Mails name people by address alone.
CREATE INDEX contacts_email_idx ON contacts (LOWER(email)) WHERE email IS NOT NULL;
