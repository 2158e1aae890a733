-- Contracts and invoices with their payments: what customers promised us, and how they pay.
-- Amounts are minor units of the instance's reporting currency; dates are days of its time zone.

CREATE TABLE contracts (
    id             INTEGER PRIMARY KEY NOT NULL,
    system         TEXT NOT NULL,              -- the system whose key external_id is
    external_id    TEXT NOT NULL,
    customer_id    INTEGER NOT NULL REFERENCES customers (id),
    partner_id     INTEGER REFERENCES customers (id),  -- NULL: all its traffic; else the link with this partner
    kind           TEXT,                       -- what the sender calls it
    service        TEXT,                       -- a service as shipments have it; NULL: any
    starts_on      TEXT NOT NULL,              -- first day in force
    ends_on        TEXT,                       -- last day in force; NULL: open-ended
    term_months    INTEGER,
    notice_days    INTEGER,                     -- before the end
    renewals       INTEGER NOT NULL,            -- how often it was renewed before this term
    auto_renews    INTEGER NOT NULL,
    share          REAL,           -- of the customer's volume under it, in [0, 1]
    value_per_year INTEGER,
    outcome        TEXT,                       -- at its end: renewed, lost; NULL: not known
    renewed_by     INTEGER REFERENCES contracts (id),  -- the contract of the next term
    version        INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    deleted_at     INTEGER,
    CONSTRAINT contracts_external_id_key UNIQUE (system, external_id),
    CONSTRAINT contracts_end_not_before_start CHECK (ends_on >= starts_on),
    CONSTRAINT contracts_partner_differs CHECK (partner_id <> customer_id),
    CONSTRAINT contracts_share_not_beyond_whole CHECK (share >= 0 AND share <= 1),
    CONSTRAINT contracts_renewals_not_negative CHECK (renewals >= 0)
) STRICT;
CREATE INDEX contracts_customer_idx ON contracts (customer_id, ends_on);
CREATE INDEX contracts_partner_idx ON contracts (partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX contracts_renewed_by_idx ON contracts (renewed_by) WHERE renewed_by IS NOT NULL;
CREATE INDEX contracts_ends_idx ON contracts (ends_on);
CREATE INDEX contracts_updated_idx ON contracts (updated_at, id);

-- An invoice that says nothing about how a customer pays (disputed, nothing to pay) is kept: what
-- reads them leaves it out and says so.
CREATE TABLE invoices (
    id          INTEGER PRIMARY KEY NOT NULL,
    system      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),  -- who pays
    issued_on   TEXT NOT NULL,
    due_on      TEXT NOT NULL,                 -- the end of the payment terms
    amount      INTEGER NOT NULL,               -- negative: a credit note
    paid_on     TEXT,                          -- NULL: open
    disputed    INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    CONSTRAINT invoices_external_id_key UNIQUE (system, external_id)
) STRICT;
CREATE INDEX invoices_customer_idx ON invoices (customer_id, due_on);
CREATE INDEX invoices_paid_idx ON invoices (paid_on);
CREATE INDEX invoices_open_idx ON invoices (due_on) WHERE paid_on IS NULL;
CREATE INDEX invoices_updated_idx ON invoices (updated_at, id);
