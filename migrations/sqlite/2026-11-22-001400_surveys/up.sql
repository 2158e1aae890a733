-- Surveys: what is asked, who was asked, what they answered.

CREATE TABLE survey_templates (
    id         INTEGER PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    questions  TEXT NOT NULL,                  -- JSON: code, scale, reversed, dimension, departments, text in each language
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX survey_templates_name_key ON survey_templates (name) WHERE deleted_at IS NULL;
CREATE INDEX survey_templates_updated_idx ON survey_templates (updated_at, id);

CREATE TABLE surveys (
    id             INTEGER PRIMARY KEY NOT NULL,
    name           TEXT NOT NULL,
    template_id    INTEGER REFERENCES survey_templates (id),
    questions      TEXT NOT NULL,              -- JSON: the template's when the survey was made; frozen once it is open
    about          TEXT NOT NULL,              -- experience, shipment, link
    status         TEXT NOT NULL,              -- draft, open, closed
    team_id        INTEGER REFERENCES teams (id),
    closes_at      INTEGER NOT NULL,
    reminder_days  INTEGER NOT NULL,             -- between two mails to somebody who has not answered
    reminders      INTEGER NOT NULL,             -- at most
    opened_at      INTEGER,
    closed_at      INTEGER,
    version        INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    deleted_at     INTEGER,
    CONSTRAINT surveys_reminders_not_negative CHECK (reminders >= 0 AND reminder_days >= 1)
) STRICT;
CREATE INDEX surveys_template_idx ON surveys (template_id);
CREATE INDEX surveys_team_idx ON surveys (team_id);
CREATE INDEX surveys_updated_idx ON surveys (updated_at, id);

-- One person asked once; the department is the one the person was in when asked.
CREATE TABLE survey_invitations (
    id               INTEGER PRIMARY KEY NOT NULL,
    survey_id        INTEGER NOT NULL REFERENCES surveys (id),
    customer_id      INTEGER NOT NULL REFERENCES customers (id),
    department_id    INTEGER REFERENCES departments (id),
    contact_id       INTEGER NOT NULL REFERENCES contacts (id),
    shipment_id      INTEGER REFERENCES shipments (id),
    partner_id       INTEGER REFERENCES customers (id),  -- the other end of the link that is asked about
    side             TEXT,                      -- shipper, consignee: which end the customer is; NULL: its own experience
    source           TEXT NOT NULL,             -- mail, api, import
    language         TEXT NOT NULL,
    nonce            TEXT NOT NULL,             -- part of the link's signature; another one revokes the link
    status           TEXT NOT NULL,             -- invited, answered, revoked
    confidence       REAL NOT NULL DEFAULT 1, -- in [0, 1]: how much an answer counts
    invited_at       INTEGER NOT NULL,
    last_mailed_at   INTEGER,
    mails            INTEGER NOT NULL DEFAULT 0,
    answered_at      INTEGER,                    -- the last answer
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CONSTRAINT survey_invitations_partner_differs CHECK (partner_id <> customer_id)
) STRICT;
CREATE UNIQUE INDEX survey_invitations_once_key ON survey_invitations (survey_id, contact_id, COALESCE(shipment_id, 0), COALESCE(partner_id, 0), COALESCE(side, ''));
CREATE INDEX survey_invitations_customer_idx ON survey_invitations (customer_id, answered_at);
CREATE INDEX survey_invitations_department_idx ON survey_invitations (department_id);
CREATE INDEX survey_invitations_contact_idx ON survey_invitations (contact_id, invited_at);
CREATE INDEX survey_invitations_shipment_idx ON survey_invitations (shipment_id) WHERE shipment_id IS NOT NULL;
CREATE INDEX survey_invitations_partner_idx ON survey_invitations (partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX survey_invitations_answered_idx ON survey_invitations (answered_at);
CREATE INDEX survey_invitations_updated_idx ON survey_invitations (updated_at, id);

CREATE TABLE survey_answers (
    id            INTEGER PRIMARY KEY NOT NULL,
    invitation_id INTEGER NOT NULL REFERENCES survey_invitations (id),
    question      TEXT NOT NULL,                -- its code in the survey
    dimension     TEXT,                         -- such as timeliness; NULL: none
    scale         TEXT NOT NULL,                -- csat5, …, or text
    value         REAL,                       -- as answered, on the scale
    score         REAL,                       -- in [0, 1], 1 is best; NULL for texts
    text          TEXT,
    polarity      REAL,                       -- of the text, in [-1, 1]; NULL: not scored
    answered_at   INTEGER NOT NULL,
    CONSTRAINT survey_answers_once_key UNIQUE (invitation_id, question),
    CONSTRAINT survey_answers_score_in_unit CHECK (score >= 0 AND score <= 1)
) STRICT;

INSERT INTO survey_templates (name, questions, created_at, updated_at) VALUES
    ('CSAT', '[{"code":"overall","scale":"csat5","dimension":"overall","text":{"en":"How satisfied are you with our service?","zh":"您对我们的服务有多满意？"}},{"code":"comment","scale":"text","text":{"en":"What should we know? (optional)","zh":"您还想告诉我们什么？（可选）"}}]', 1700000000000000, 1700000000000000),
    ('NPS', '[{"code":"recommend","scale":"nps","dimension":"overall","text":{"en":"How likely are you to recommend us to a colleague?","zh":"您有多大可能向同行推荐我们？"}},{"code":"comment","scale":"text","text":{"en":"What should we know? (optional)","zh":"您还想告诉我们什么？（可选）"}}]', 1700000000000000, 1700000000000000),
    ('CES', '[{"code":"effort","scale":"ces7","dimension":"overall","text":{"en":"It was easy to get done what you needed with us.","zh":"与我们打交道很省力。"}},{"code":"comment","scale":"text","text":{"en":"What should we know? (optional)","zh":"您还想告诉我们什么？（可选）"}}]', 1700000000000000, 1700000000000000),
    ('LSQ', '[{"code":"personnel","scale":"lsq5","dimension":"personnel_contact_quality","departments":["purchasing"],"text":{"en":"Our people are knowledgeable and helpful.","zh":"我们的人员专业并乐于助人。"}},{"code":"release","scale":"lsq5","dimension":"order_release_quantities","departments":["planning","production"],"text":{"en":"Order quantities are never a problem.","zh":"发货数量从来不是问题。"}},{"code":"information","scale":"lsq5","dimension":"information_quality","departments":["purchasing"],"text":{"en":"The information we give you is right and complete.","zh":"我们提供的信息准确完整。"}},{"code":"ordering","scale":"lsq5","dimension":"ordering_procedures","departments":["purchasing"],"text":{"en":"Ordering from us is simple and works.","zh":"下单流程简单有效。"}},{"code":"accuracy","scale":"lsq5","dimension":"order_accuracy","departments":["warehouse"],"text":{"en":"Shipments contain what was ordered.","zh":"到货与订单一致。"}},{"code":"condition","scale":"lsq5","dimension":"order_condition","departments":["warehouse","quality"],"text":{"en":"Goods arrive undamaged.","zh":"货物到达时完好无损。"}},{"code":"quality","scale":"lsq5","dimension":"order_quality","departments":["quality"],"text":{"en":"What we deliver meets your requirements.","zh":"交付的货物符合要求。"}},{"code":"discrepancies","scale":"lsq5","dimension":"order_discrepancy_handling","departments":["warehouse"],"text":{"en":"When something is wrong we put it right quickly.","zh":"出现问题时我们能迅速纠正。"}},{"code":"timeliness","scale":"lsq5","dimension":"timeliness","departments":["planning","production"],"text":{"en":"Goods arrive when promised.","zh":"货物按承诺时间到达。"}},{"code":"comment","scale":"text","text":{"en":"What should we know? (optional)","zh":"您还想告诉我们什么？（可选）"}}]', 1700000000000000, 1700000000000000);
