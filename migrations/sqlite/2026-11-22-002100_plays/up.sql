-- Plays: what is done to keep a customer, by whom, until when, at what cost, and what came of it.

CREATE TABLE play_templates (
    id         INTEGER PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    name_zh    TEXT NOT NULL,
    steps      TEXT NOT NULL,                  -- JSON: [{"en", "zh", "after_days"}]
    cost       INTEGER,                          -- of one play, minor units; NULL: not known
    active     INTEGER NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX play_templates_code_key ON play_templates (code) WHERE deleted_at IS NULL;
CREATE INDEX play_templates_updated_idx ON play_templates (updated_at, id);

CREATE TABLE plays (
    id                INTEGER PRIMARY KEY NOT NULL,
    customer_id       INTEGER NOT NULL REFERENCES customers (id),
    alert_id          INTEGER REFERENCES alerts (id),   -- that it answers
    template_id       INTEGER NOT NULL REFERENCES play_templates (id),
    title             TEXT NOT NULL,
    note              TEXT,
    owner_id          INTEGER REFERENCES users (id),
    status            TEXT NOT NULL,           -- planned, running, done, cancelled
    cost              INTEGER,                   -- minor units; NULL: not known
    starts_on         TEXT NOT NULL,
    due_on            TEXT NOT NULL,
    begun_on          TEXT,                    -- the day on which it did begin, from which its outcome is told
    ended_on          TEXT,
    horizon_weeks     INTEGER,                  -- of the run when it began: its outcome is told after them
    outcome           TEXT,                    -- kept, lost, too_early: the person's word if there is one, else the record's
    outcome_by        TEXT,                    -- person, record
    outcome_on        TEXT,
    outcome_note      TEXT,                    -- the person's
    record_outcome    TEXT,                    -- kept, lost: by its shipments, whatever a person says
    run_id            INTEGER REFERENCES runs (id),     -- the newest when it began
    churn_probability REAL,                  -- in that run
    version           INTEGER NOT NULL DEFAULT 1,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    deleted_at        INTEGER
) STRICT;
CREATE INDEX plays_customer_idx ON plays (customer_id, starts_on);
CREATE INDEX plays_alert_idx ON plays (alert_id) WHERE alert_id IS NOT NULL;
CREATE INDEX plays_template_idx ON plays (template_id);
CREATE INDEX plays_owner_idx ON plays (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX plays_run_idx ON plays (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX plays_updated_idx ON plays (updated_at, id);

CREATE TABLE play_steps (
    id       INTEGER PRIMARY KEY NOT NULL,
    play_id  INTEGER NOT NULL REFERENCES plays (id),
    position INTEGER NOT NULL,
    text     TEXT NOT NULL,
    due_on   TEXT NOT NULL,
    done_at  INTEGER,
    done_by  TEXT
) STRICT;
CREATE UNIQUE INDEX play_steps_position_key ON play_steps (play_id, position);

INSERT INTO play_templates (code, name_en, name_zh, steps, cost, active, created_at, updated_at) VALUES
    ('call', 'Call', '电话沟通', '[{"en":"Look at the customer''s explanation and recent shipments","zh":"查看客户的风险说明和近期货运","after_days":0},{"en":"Call the person who decides and ask what has changed","zh":"致电决策人，了解发生了什么变化","after_days":2},{"en":"Write down what was said and what was promised","zh":"记录沟通内容和承诺事项","after_days":3}]', NULL, 1, 1700000000000000, 1700000000000000),
    ('visit', 'Visit', '上门拜访', '[{"en":"Agree on a date and on who takes part","zh":"约定时间和参加人员","after_days":3},{"en":"Prepare figures: volumes, punctuality, complaints, answers","zh":"准备数据：货量、准时率、投诉、反馈","after_days":7},{"en":"Visit the customer","zh":"拜访客户","after_days":14},{"en":"Send the minutes and what was promised","zh":"发送会议纪要和承诺事项","after_days":16}]', NULL, 1, 1700000000000000, 1700000000000000),
    ('service_review', 'Service review', '服务评审', '[{"en":"Gather the figures of every department that is not satisfied","zh":"汇总所有不满意部门的数据","after_days":3},{"en":"Hold the review with those departments","zh":"与这些部门举行评审会","after_days":10},{"en":"Agree on measures with names and dates","zh":"商定措施、负责人和日期","after_days":12},{"en":"Check the measures and tell the customer","zh":"检查措施落实并告知客户","after_days":42}]', NULL, 1, 1700000000000000, 1700000000000000),
    ('price_review', 'Price review', '价格评审', '[{"en":"Compare prices, margin and service with the contract","zh":"对照合同核对价格、毛利和服务","after_days":3},{"en":"Decide what can be offered","zh":"确定可提供的条件","after_days":7},{"en":"Talk it over with the customer","zh":"与客户商谈","after_days":14}]', NULL, 1, 1700000000000000, 1700000000000000),
    ('recovery', 'Recovery after a complaint', '投诉后的补救', '[{"en":"Call whoever complained and apologise","zh":"致电投诉人并致歉","after_days":1},{"en":"Settle what is owed","zh":"处理赔偿事宜","after_days":5},{"en":"Remove the cause and check that it is gone","zh":"消除原因并核实","after_days":14},{"en":"Have the customer confirm it","zh":"请客户确认","after_days":21}]', NULL, 1, 1700000000000000, 1700000000000000),
    ('partner', 'Talk about a partner', '商谈合作伙伴', '[{"en":"Find out why the partner fell silent","zh":"了解合作伙伴沉默的原因","after_days":3},{"en":"Ask both sides what they need from us","zh":"询问双方对我们的需求","after_days":7},{"en":"Offer a way to keep the lane going","zh":"提出保持线路运营的方案","after_days":14}]', NULL, 1, 1700000000000000, 1700000000000000);
