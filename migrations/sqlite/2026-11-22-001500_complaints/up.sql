-- Complaints, which only the customer closes, and promises.

CREATE TABLE complaint_causes (
    code       TEXT PRIMARY KEY NOT NULL,
    name_en    TEXT NOT NULL,
    name_zh    TEXT NOT NULL,
    active     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE complaints (
    id                 INTEGER PRIMARY KEY NOT NULL,
    system             TEXT NOT NULL,           -- the system whose key external_id is
    external_id        TEXT NOT NULL,
    customer_id        INTEGER NOT NULL REFERENCES customers (id),
    department_id      INTEGER REFERENCES departments (id),
    contact_id         INTEGER REFERENCES contacts (id),
    partner_id         INTEGER REFERENCES customers (id),   -- the other end of the link
    shipment_id        INTEGER REFERENCES shipments (id),
    owner_id           INTEGER REFERENCES users (id),       -- of our own people
    channel            TEXT NOT NULL,           -- mail, call, visit, chat, portal, letter, other
    severity           TEXT NOT NULL,           -- low, medium, high, critical
    subject            TEXT NOT NULL,
    text               TEXT,
    status             TEXT NOT NULL,           -- received, acknowledged, answered, confirmed, reopened, withdrawn
    cause              TEXT REFERENCES complaint_causes (code),
    remedy             TEXT,
    action             TEXT,                    -- what keeps it from happening again
    justified          INTEGER,                  -- NULL: not judged
    evidence           TEXT,                    -- of the judgement
    claim_amount       INTEGER,
    settled_on         TEXT,                  -- the claim
    received_at        INTEGER NOT NULL,
    acknowledge_due_at INTEGER NOT NULL,
    acknowledged_at    INTEGER,                  -- the first response
    answer_due_at      INTEGER NOT NULL,
    answered_at        INTEGER,                  -- the last answer
    first_answered_at  INTEGER,
    confirmed_at       INTEGER,                  -- by the customer: closed
    reopened_at        INTEGER,                  -- the last time
    reopened           INTEGER NOT NULL DEFAULT 0,
    action_verified_at INTEGER,
    nonce              TEXT NOT NULL,           -- part of the signature of the links that confirm and reopen
    version            INTEGER NOT NULL DEFAULT 1,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    deleted_at         INTEGER,
    CONSTRAINT complaints_external_id_key UNIQUE (system, external_id),
    CONSTRAINT complaints_partner_differs CHECK (partner_id <> customer_id)
) STRICT;
CREATE INDEX complaints_customer_idx ON complaints (customer_id, received_at);
CREATE INDEX complaints_department_idx ON complaints (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX complaints_contact_idx ON complaints (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX complaints_partner_idx ON complaints (partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX complaints_shipment_idx ON complaints (shipment_id) WHERE shipment_id IS NOT NULL;
CREATE INDEX complaints_owner_idx ON complaints (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX complaints_cause_idx ON complaints (cause) WHERE cause IS NOT NULL;
CREATE INDEX complaints_received_idx ON complaints (received_at);
CREATE INDEX complaints_updated_idx ON complaints (updated_at, id);

CREATE TABLE complaint_events (
    id           INTEGER PRIMARY KEY NOT NULL,
    complaint_id INTEGER NOT NULL REFERENCES complaints (id),
    kind         TEXT NOT NULL,                 -- received, acknowledged, cause, remedy, answered, confirmed, reopened, judged, action_verified, settled, withdrawn, note
    at           INTEGER NOT NULL,
    actor        TEXT NOT NULL,
    text         TEXT,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX complaint_events_complaint_idx ON complaint_events (complaint_id, at);

CREATE TABLE promises (
    id            INTEGER PRIMARY KEY NOT NULL,
    system        TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    customer_id   INTEGER NOT NULL REFERENCES customers (id),
    department_id INTEGER REFERENCES departments (id),
    contact_id    INTEGER REFERENCES contacts (id),
    partner_id    INTEGER REFERENCES customers (id),  -- measured on the link with this partner only
    made_by       INTEGER REFERENCES users (id),
    text          TEXT NOT NULL,
    kpi           TEXT,                          -- what it is measured by; NULL: a person judges
    level         REAL,                        -- that is to be reached, in the KPI's unit
    made_on       TEXT NOT NULL,
    from_on       TEXT NOT NULL,               -- first day measured
    due_on        TEXT NOT NULL,               -- last day measured, or day it is due
    weight        REAL NOT NULL DEFAULT 1,     -- severity: how much it counts
    status        TEXT NOT NULL,                 -- open, kept, broken, renewed, withdrawn
    decided_by    TEXT,                          -- measured, or who said so
    decided_at    INTEGER,
    value         REAL,                        -- the KPI as measured
    observations  INTEGER,
    reason        TEXT,                          -- why a person decided so
    renewed_by    INTEGER REFERENCES promises (id),
    version       INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    deleted_at    INTEGER,
    CONSTRAINT promises_external_id_key UNIQUE (system, external_id),
    CONSTRAINT promises_due_not_before_start CHECK (due_on >= from_on),
    CONSTRAINT promises_weight_not_negative CHECK (weight >= 0),
    CONSTRAINT promises_level_with_kpi CHECK ((kpi IS NULL) = (level IS NULL)),
    CONSTRAINT promises_partner_differs CHECK (partner_id <> customer_id)
) STRICT;
CREATE INDEX promises_customer_idx ON promises (customer_id, due_on);
CREATE INDEX promises_department_idx ON promises (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX promises_contact_idx ON promises (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX promises_partner_idx ON promises (partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX promises_made_by_idx ON promises (made_by) WHERE made_by IS NOT NULL;
CREATE INDEX promises_renewed_by_idx ON promises (renewed_by) WHERE renewed_by IS NOT NULL;
CREATE INDEX promises_open_idx ON promises (due_on) WHERE status = 'open';
CREATE INDEX promises_updated_idx ON promises (updated_at, id);

INSERT INTO complaint_causes (code, name_en, name_zh, active, created_at, updated_at) VALUES
    ('late', 'Late delivery', '延误', 1, 1700000000000000, 1700000000000000),
    ('damage', 'Damage', '货损', 1, 1700000000000000, 1700000000000000),
    ('shortage', 'Shortage or loss', '短少或丢失', 1, 1700000000000000, 1700000000000000),
    ('documents', 'Documents or invoice', '单证或发票', 1, 1700000000000000, 1700000000000000),
    ('price', 'Price or charges', '价格或费用', 1, 1700000000000000, 1700000000000000),
    ('communication', 'Communication', '沟通', 1, 1700000000000000, 1700000000000000),
    ('staff', 'Staff behaviour', '人员态度', 1, 1700000000000000, 1700000000000000),
    ('other', 'Other', '其他', 1, 1700000000000000, 1700000000000000);
