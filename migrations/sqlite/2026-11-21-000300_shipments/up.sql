-- Imports come first: a shipment and an external id name the import that wrote them.

CREATE TABLE imports (
    id                INTEGER PRIMARY KEY NOT NULL,
    kind              TEXT NOT NULL,           -- shipments
    file_name         TEXT NOT NULL,
    file_sha256       TEXT,                    -- hex; NULL until the file was read to its end
    mapping           TEXT NOT NULL,           -- TOML, as given
    dry_run           INTEGER NOT NULL,
    status            TEXT NOT NULL,           -- running, done, failed, reverted
    rows_read         INTEGER NOT NULL DEFAULT 0,
    created           INTEGER NOT NULL DEFAULT 0,
    changed           INTEGER NOT NULL DEFAULT 0,
    unchanged         INTEGER NOT NULL DEFAULT 0,
    duplicates        INTEGER NOT NULL DEFAULT 0,  -- rows whose key came again further down
    rejected          INTEGER NOT NULL DEFAULT 0,
    customers_created INTEGER NOT NULL DEFAULT 0,
    first_id          INTEGER,                   -- created shipments lie in first_id..=last_id
    last_id           INTEGER,
    report            TEXT,                    -- JSON: unmapped columns, duplicates, reasons counted
    error             TEXT,
    actor             TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    finished_at       INTEGER,
    reverted_at       INTEGER
) STRICT;

-- Saved mappings from columns to fields, by name.
CREATE TABLE import_mappings (
    name        TEXT NOT NULL PRIMARY KEY,
    toml        TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE import_rejects (
    import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    line      INTEGER NOT NULL,                  -- of the row's start in the file, from 1
    reasons   TEXT NOT NULL,                   -- JSON list of {field, code, rule}
    cells     TEXT NOT NULL,                   -- JSON list: the row as it stood in the file
    PRIMARY KEY (import_id, line)
) STRICT;

-- Customers that an import created or brought back, so that a revert takes them away again.
CREATE TABLE import_customers (
    import_id   INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    revived     INTEGER NOT NULL,               -- it had been deleted before
    PRIMARY KEY (import_id, customer_id)
) STRICT;
CREATE INDEX import_customers_customer_idx ON import_customers (customer_id);

CREATE TABLE customer_external_ids (
    system      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    import_id   INTEGER REFERENCES imports (id),  -- the import that added it
    PRIMARY KEY (system, external_id)
) STRICT;
CREATE INDEX customer_external_ids_customer_idx ON customer_external_ids (customer_id);
CREATE INDEX customer_external_ids_import_idx ON customer_external_ids (import_id) WHERE import_id IS NOT NULL;

-- Amounts are minor units of the instance's reporting currency.
CREATE TABLE shipments (
    id                  INTEGER PRIMARY KEY NOT NULL,
    source              TEXT NOT NULL,         -- the system whose key external_id is
    external_id         TEXT NOT NULL,
    shipper_id          INTEGER NOT NULL REFERENCES customers (id),
    consignee_id        INTEGER NOT NULL REFERENCES customers (id),
    payer_id            INTEGER REFERENCES customers (id),
    freight_terms       TEXT NOT NULL,         -- prepaid, collect, third_party, unknown
    incoterm            TEXT,
    origin_country      TEXT,                  -- ISO 3166-1 alpha-2
    origin_locode       TEXT,                  -- UN/LOCODE
    destination_country TEXT,
    destination_locode  TEXT,
    service             TEXT NOT NULL,
    booked_at           INTEGER,
    promised_from       INTEGER,
    promised_to         INTEGER,
    picked_up_at        INTEGER,
    delivered_at        INTEGER,
    pieces              INTEGER,
    weight_kg           REAL,
    goods_value         INTEGER,
    revenue             INTEGER,
    direct_cost         INTEGER,
    in_full             INTEGER,                -- NULL: unknown, as below
    damaged             INTEGER,
    invoice_correct     INTEGER,
    claim_amount        INTEGER,
    status              TEXT NOT NULL,         -- booked, in_transit, delivered, cancelled
    activity_on         TEXT NOT NULL,       -- local day of the sign of life; see ShipmentFacts
    late                INTEGER,                -- after the promised end
    import_id           INTEGER REFERENCES imports (id),  -- the import that wrote it last; NULL: the API
    version             INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    deleted_at          INTEGER,
    CONSTRAINT shipments_external_id_key UNIQUE (source, external_id),
    CONSTRAINT shipments_parties_differ CHECK (shipper_id <> consignee_id),
    CONSTRAINT shipments_weight_not_negative CHECK (weight_kg >= 0),
    CONSTRAINT shipments_pieces_not_negative CHECK (pieces >= 0)
) STRICT;
CREATE INDEX shipments_link_idx ON shipments (shipper_id, consignee_id, activity_on);
CREATE INDEX shipments_consignee_idx ON shipments (consignee_id, activity_on);
CREATE INDEX shipments_payer_idx ON shipments (payer_id) WHERE payer_id IS NOT NULL;
CREATE INDEX shipments_activity_idx ON shipments (activity_on);
CREATE INDEX shipments_updated_idx ON shipments (updated_at, id);

-- How a shipment looked before an import changed it.
CREATE TABLE import_changes (
    import_id   INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    shipment_id INTEGER NOT NULL REFERENCES shipments (id) ON DELETE CASCADE,
    before      TEXT NOT NULL,                 -- JSON of the row
    PRIMARY KEY (import_id, shipment_id)
) STRICT;
CREATE INDEX import_changes_shipment_idx ON import_changes (shipment_id);
