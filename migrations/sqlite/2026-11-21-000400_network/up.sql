-- What went over a link in a calendar month: kept in the transaction that writes shipments.
-- Cancelled and deleted shipments do not count. Amounts are minor units.

CREATE TABLE link_months (
    shipper_id      INTEGER NOT NULL REFERENCES customers (id),
    consignee_id    INTEGER NOT NULL REFERENCES customers (id),
    month           TEXT NOT NULL,           -- its first day
    shipments       INTEGER NOT NULL,
    revenue         INTEGER NOT NULL,
    revenue_known   INTEGER NOT NULL,            -- shipments whose revenue is known; alike below
    margin          INTEGER NOT NULL,            -- over shipments with revenue and direct cost
    margin_known    INTEGER NOT NULL,
    weight_kg       REAL NOT NULL,
    weight_known    INTEGER NOT NULL,
    goods_value     INTEGER NOT NULL,
    late            INTEGER NOT NULL,
    late_known      INTEGER NOT NULL,
    damaged         INTEGER NOT NULL,
    damaged_known   INTEGER NOT NULL,
    in_full         INTEGER NOT NULL,
    in_full_known   INTEGER NOT NULL,
    prepaid         INTEGER NOT NULL,            -- shipments by freight terms; the rest is unknown
    collect         INTEGER NOT NULL,
    third_party     INTEGER NOT NULL,
    first_on        TEXT NOT NULL,
    last_on         TEXT NOT NULL,
    PRIMARY KEY (shipper_id, consignee_id, month)
) STRICT;
CREATE INDEX link_months_consignee_idx ON link_months (consignee_id, month);
CREATE INDEX link_months_month_idx ON link_months (month);

-- Numbers that go up: network counts the writes to shipments, so that copies know their age.
CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO counters (name, value) VALUES ('network', 0);
