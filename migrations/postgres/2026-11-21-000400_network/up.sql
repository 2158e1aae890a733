-- What went over a link in a calendar month: kept in the transaction that writes shipments.
-- Cancelled and deleted shipments do not count. Amounts are minor units.

CREATE TABLE link_months (
    shipper_id      BIGINT NOT NULL REFERENCES customers (id),
    consignee_id    BIGINT NOT NULL REFERENCES customers (id),
    month           DATE NOT NULL,           -- its first day
    shipments       BIGINT NOT NULL,
    revenue         BIGINT NOT NULL,
    revenue_known   BIGINT NOT NULL,            -- shipments whose revenue is known; alike below
    margin          BIGINT NOT NULL,            -- over shipments with revenue and direct cost
    margin_known    BIGINT NOT NULL,
    weight_kg       DOUBLE PRECISION NOT NULL,
    weight_known    BIGINT NOT NULL,
    goods_value     BIGINT NOT NULL,
    late            BIGINT NOT NULL,
    late_known      BIGINT NOT NULL,
    damaged         BIGINT NOT NULL,
    damaged_known   BIGINT NOT NULL,
    in_full         BIGINT NOT NULL,
    in_full_known   BIGINT NOT NULL,
    prepaid         BIGINT NOT NULL,            -- shipments by freight terms; the rest is unknown
    collect         BIGINT NOT NULL,
    third_party     BIGINT NOT NULL,
    first_on        DATE NOT NULL,
    last_on         DATE NOT NULL,
    PRIMARY KEY (shipper_id, consignee_id, month)
);
CREATE INDEX link_months_consignee_idx ON link_months (consignee_id, month);
CREATE INDEX link_months_month_idx ON link_months (month);

-- Numbers that go up: network counts the writes to shipments, so that copies know their age.
CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('network', 0);
