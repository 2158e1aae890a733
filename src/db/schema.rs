//! The tables as diesel sees them, the same for both databases; a test loads every one on each.

use super::instant::Instant;

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    teams (id) {
        id -> BigInt,
        name -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};
    use super::Instant;

    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        language -> Text,
        team_id -> Nullable<BigInt>,
        mail_alerts -> Bool,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        mail_high -> Text,
        mail_medium -> Text,
        mail_low -> Text,
        time_zone -> Nullable<Text>,
        quiet_from -> Nullable<BigInt>,
        quiet_until -> Nullable<BigInt>,
        digest_at -> BigInt,
        digest_weekday -> BigInt,
        mail_budget -> Nullable<BigInt>,
        roll_up -> Text,
        daily_on -> Nullable<Date>,
        weekly_on -> Nullable<Date>,
        roll_up_on -> Nullable<Date>,
        nonce -> Text,
        mail_failed_at -> Nullable<Instant>,
        mail_failure -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    api_keys (id) {
        id -> BigInt,
        name -> Text,
        prefix -> Text,
        hash -> Text,
        scopes -> Text,
        team_ids -> Nullable<Text>,
        expires_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    audit_log (id) {
        id -> BigInt,
        at -> Instant,
        actor -> Text,
        action -> Text,
        entity -> Text,
        entity_id -> Nullable<BigInt>,
        request_id -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    idempotency_keys (key_id, idem_key) {
        key_id -> BigInt,
        idem_key -> Text,
        fingerprint -> Text,
        status -> Nullable<BigInt>,
        content_type -> Nullable<Text>,
        location -> Nullable<Text>,
        body -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    customers (id) {
        id -> BigInt,
        name -> Text,
        search_name -> Text,
        match_name -> Text,
        country -> Nullable<Text>,
        parent_id -> Nullable<BigInt>,
        team_id -> Nullable<BigInt>,
        status -> Text,
        tags -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        merged_into_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
    use super::Instant;

    departments (id) {
        id -> BigInt,
        customer_id -> BigInt,
        kind -> Text,
        name -> Text,
        weight -> Double,
        required -> Bool,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    contacts (id) {
        id -> BigInt,
        customer_id -> BigInt,
        department_id -> Nullable<BigInt>,
        name -> Text,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        language -> Nullable<Text>,
        buying_role -> Nullable<Text>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        survey_consent -> Nullable<Text>,
        survey_consent_at -> Nullable<Instant>,
        mail_failed_at -> Nullable<Instant>,
        mail_failure -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use super::Instant;

    imports (id) {
        id -> BigInt,
        kind -> Text,
        file_name -> Text,
        file_sha256 -> Nullable<Text>,
        mapping -> Text,
        dry_run -> Bool,
        status -> Text,
        rows_read -> BigInt,
        created -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        duplicates -> BigInt,
        rejected -> BigInt,
        customers_created -> BigInt,
        first_id -> Nullable<BigInt>,
        last_id -> Nullable<BigInt>,
        report -> Nullable<Text>,
        error -> Nullable<Text>,
        actor -> Text,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
        reverted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use super::Instant;

    import_mappings (name) {
        name -> Text,
        toml -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use super::Instant;

    import_rejects (import_id, line) {
        import_id -> BigInt,
        line -> BigInt,
        reasons -> Text,
        cells -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool};
    use super::Instant;

    import_customers (import_id, customer_id) {
        import_id -> BigInt,
        customer_id -> BigInt,
        revived -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    customer_external_ids (system, external_id) {
        system -> Text,
        external_id -> Text,
        customer_id -> BigInt,
        import_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
    use super::Instant;

    shipments (id) {
        id -> BigInt,
        source -> Text,
        external_id -> Text,
        shipper_id -> BigInt,
        consignee_id -> BigInt,
        payer_id -> Nullable<BigInt>,
        freight_terms -> Text,
        incoterm -> Nullable<Text>,
        origin_country -> Nullable<Text>,
        origin_locode -> Nullable<Text>,
        destination_country -> Nullable<Text>,
        destination_locode -> Nullable<Text>,
        service -> Text,
        booked_at -> Nullable<Instant>,
        promised_from -> Nullable<Instant>,
        promised_to -> Nullable<Instant>,
        picked_up_at -> Nullable<Instant>,
        delivered_at -> Nullable<Instant>,
        pieces -> Nullable<BigInt>,
        weight_kg -> Nullable<Double>,
        goods_value -> Nullable<BigInt>,
        revenue -> Nullable<BigInt>,
        direct_cost -> Nullable<BigInt>,
        in_full -> Nullable<Bool>,
        damaged -> Nullable<Bool>,
        invoice_correct -> Nullable<Bool>,
        claim_amount -> Nullable<BigInt>,
        status -> Text,
        activity_on -> Date,
        late -> Nullable<Bool>,
        import_id -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use super::Instant;

    import_changes (import_id, shipment_id) {
        import_id -> BigInt,
        shipment_id -> BigInt,
        before -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Double};
    use super::Instant;

    link_months (shipper_id, consignee_id, month) {
        shipper_id -> BigInt,
        consignee_id -> BigInt,
        month -> Date,
        shipments -> BigInt,
        revenue -> BigInt,
        revenue_known -> BigInt,
        margin -> BigInt,
        margin_known -> BigInt,
        weight_kg -> Double,
        weight_known -> BigInt,
        goods_value -> BigInt,
        late -> BigInt,
        late_known -> BigInt,
        damaged -> BigInt,
        damaged_known -> BigInt,
        in_full -> BigInt,
        in_full_known -> BigInt,
        prepaid -> BigInt,
        collect -> BigInt,
        third_party -> BigInt,
        first_on -> Date,
        last_on -> Date,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use super::Instant;

    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
    use super::Instant;

    runs (id) {
        id -> BigInt,
        as_of -> Date,
        horizon_weeks -> BigInt,
        window_days -> BigInt,
        status -> Text,
        model_version -> Text,
        business_basis -> Nullable<Text>,
        value_basis -> Nullable<Text>,
        customers -> BigInt,
        links -> BigInt,
        expected_loss -> Nullable<Double>,
        parameters -> Nullable<Text>,
        timings -> Nullable<Text>,
        inputs_at -> Nullable<Instant>,
        error -> Nullable<Text>,
        actor -> Text,
        started_at -> Instant,
        finished_at -> Nullable<Instant>,
        cascade_term -> Nullable<Text>,
        seasonal -> Nullable<Bool>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
    use super::Instant;

    customer_risks (run_id, customer_id) {
        run_id -> BigInt,
        customer_id -> BigInt,
        role -> Text,
        own_churn -> Double,
        churn_probability -> Double,
        p_alive -> Double,
        expected_days -> Double,
        shipping_days -> BigInt,
        recency_weeks -> Double,
        age_weeks -> Double,
        last_on -> Date,
        is_new -> Bool,
        evidence -> Text,
        business -> Double,
        business_at_risk -> Double,
        value -> Double,
        value_at_risk -> Double,
        blast_radius -> Double,
        save_value -> Double,
        partners -> BigInt,
        partners_silent -> BigInt,
        parts -> Text,
        followers -> Text,
        shipping_churn -> Nullable<Double>,
        rfm_churn -> Nullable<Double>,
        service_churn -> Nullable<Double>,
        contract_ends_on -> Nullable<Date>,
        contract_loss -> Nullable<Double>,
        volume_risk -> Nullable<Double>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
    use super::Instant;

    link_risks (run_id, shipper_id, consignee_id) {
        run_id -> BigInt,
        shipper_id -> BigInt,
        consignee_id -> BigInt,
        shipments -> BigInt,
        business -> Double,
        value -> Double,
        loss_probability -> Double,
        satisfaction -> Double,
        satisfaction_low -> Double,
        satisfaction_high -> Double,
        imbalance -> Double,
        last_on -> Date,
        terms -> Nullable<Text>,
        raw_churn -> Nullable<Double>,
        own_churn -> Nullable<Double>,
        expected_days -> Nullable<Double>,
        shipper_satisfaction -> Nullable<Double>,
        shipper_satisfaction_low -> Nullable<Double>,
        shipper_satisfaction_high -> Nullable<Double>,
        consignee_satisfaction -> Nullable<Double>,
        consignee_satisfaction_low -> Nullable<Double>,
        consignee_satisfaction_high -> Nullable<Double>,
        shipper_answers -> Nullable<Double>,
        consignee_answers -> Nullable<Double>,
        one_sided -> Nullable<Bool>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};

    model_fits (run_id, component, segment) {
        run_id -> BigInt,
        component -> Text,
        segment -> Text,
        model -> Text,
        parameters -> Text,
        log_likelihood -> Nullable<Double>,
        entities -> BigInt,
        events -> BigInt,
        evidence -> Text,
        pooled -> Bool,
        drift -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    account_satisfactions (run_id, customer_id) {
        run_id -> BigInt,
        customer_id -> BigInt,
        score -> Double,
        low -> Double,
        high -> Double,
        p_all -> Double,
        light -> Text,
        weakest -> Text,
        coverage -> Double,
        evidence -> Text,
        kpis -> Text,
        departments_heard -> BigInt,
        departments_required -> BigInt,
        sentiment -> Nullable<Double>,
        sentiment_low -> Nullable<Double>,
        sentiment_high -> Nullable<Double>,
        sentiment_texts -> BigInt,
        to_green -> Nullable<Text>,
        changes -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
    use super::Instant;

    department_satisfactions (run_id, customer_id, department) {
        run_id -> BigInt,
        customer_id -> BigInt,
        department -> Text,
        kind -> Text,
        department_id -> Nullable<BigInt>,
        score -> Double,
        low -> Double,
        high -> Double,
        kpi_score -> Nullable<Double>,
        kpi_coverage -> Double,
        answers -> Double,
        weight -> Double,
        required -> Bool,
        survey_score -> Nullable<Double>,
        respondents -> BigInt,
        gap -> Nullable<Double>,
        agreement -> Nullable<Double>,
        sentiment -> Nullable<Double>,
        sentiment_texts -> BigInt,
        last_heard_on -> Nullable<Date>,
        parts -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    alerts (id) {
        id -> BigInt,
        customer_id -> Nullable<BigInt>,
        reason -> Text,
        subject -> Text,
        severity -> Text,
        state -> Text,
        owner_id -> Nullable<BigInt>,
        snoozed_until -> Nullable<Instant>,
        run_id -> Nullable<BigInt>,
        measure -> Double,
        measure_before -> Nullable<Double>,
        measure_mailed -> Nullable<Double>,
        facts -> Text,
        resolution -> Nullable<Text>,
        reopened -> BigInt,
        nonce -> Text,
        version -> BigInt,
        opened_at -> Instant,
        acknowledged_at -> Nullable<Instant>,
        updated_at -> Instant,
        resolved_at -> Nullable<Instant>,
        came_back_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    mails (id) {
        id -> BigInt,
        kind -> Text,
        customer_id -> Nullable<BigInt>,
        alert_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        contact_id -> Nullable<BigInt>,
        run_id -> Nullable<BigInt>,
        about_id -> Nullable<BigInt>,
        message_id -> Text,
        in_reply_to -> Nullable<Text>,
        reply_chain -> Nullable<Text>,
        to_address -> Text,
        to_name -> Text,
        language -> Text,
        subject -> Text,
        text -> Text,
        html -> Text,
        unsubscribe_url -> Nullable<Text>,
        status -> Text,
        attempts -> BigInt,
        trying_since -> Nullable<Instant>,
        next_attempt_at -> Instant,
        lease_until -> Nullable<Instant>,
        last_error -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        sent_at -> Nullable<Instant>,
        bounced_at -> Nullable<Instant>,
        bounce -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Nullable, Text};
    use super::Instant;

    backtests (id) {
        id -> BigInt,
        from_on -> Date,
        to_on -> Date,
        every_days -> BigInt,
        horizon_weeks -> BigInt,
        window_days -> BigInt,
        status -> Text,
        model_version -> Text,
        dates -> BigInt,
        observations -> BigInt,
        events -> BigInt,
        result -> Nullable<Text>,
        error -> Nullable<Text>,
        actor -> Text,
        started_at -> Instant,
        finished_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Nullable, Text};
    use super::Instant;

    calibrations (id) {
        id -> BigInt,
        history_to -> Date,
        verdict -> Text,
        strengths -> Text,
        classes -> Text,
        backtest_id -> Nullable<BigInt>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
    use super::Instant;

    contracts (id) {
        id -> BigInt,
        system -> Text,
        external_id -> Text,
        customer_id -> BigInt,
        partner_id -> Nullable<BigInt>,
        kind -> Nullable<Text>,
        service -> Nullable<Text>,
        starts_on -> Date,
        ends_on -> Nullable<Date>,
        term_months -> Nullable<BigInt>,
        notice_days -> Nullable<BigInt>,
        renewals -> BigInt,
        auto_renews -> Bool,
        share -> Nullable<Double>,
        value_per_year -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
        renewed_by -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    what_ifs (id) {
        id -> BigInt,
        run_id -> BigInt,
        name -> Nullable<Text>,
        loss_before -> Double,
        loss_after -> Double,
        changes -> Text,
        result -> Text,
        actor -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};
    use super::Instant;

    invoices (id) {
        id -> BigInt,
        system -> Text,
        external_id -> Text,
        customer_id -> BigInt,
        issued_on -> Date,
        due_on -> Date,
        amount -> BigInt,
        paid_on -> Nullable<Date>,
        disputed -> Bool,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use super::Instant;

    what_if_customers (what_if_id, customer_id) {
        what_if_id -> BigInt,
        customer_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    plans (id) {
        id -> BigInt,
        run_id -> BigInt,
        name -> Nullable<Text>,
        budget -> BigInt,
        cost -> BigInt,
        saved -> Double,
        result -> Text,
        actor -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
    use super::Instant;

    run_scores (run_id, slice) {
        run_id -> BigInt,
        slice -> Text,
        team_id -> Nullable<BigInt>,
        in_time -> Bool,
        customers -> BigInt,
        gone -> BigInt,
        lost -> BigInt,
        expected_lost -> Double,
        auc -> Nullable<Double>,
        brier -> Nullable<Double>,
        brier_skill -> Nullable<Double>,
        calibration_error -> Nullable<Double>,
        calibration -> Text,
        alerts_right -> BigInt,
        alerts_wrong -> BigInt,
        missed -> BigInt,
        warning_days_median -> Nullable<Double>,
        scored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};
    use super::Instant;

    alert_outcomes (run_id, customer_id) {
        run_id -> BigInt,
        customer_id -> BigInt,
        outcome -> Text,
        alert_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        severity -> Nullable<Text>,
        opened_on -> Nullable<Date>,
        churn_probability -> Double,
        last_on -> Date,
        silent_on -> Nullable<Date>,
        warning_days -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use super::Instant;

    plan_customers (plan_id, customer_id) {
        plan_id -> BigInt,
        customer_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use super::Instant;

    mail_paces (server) {
        server -> Text,
        free_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use super::Instant;

    instance_secrets (name) {
        name -> Text,
        value -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    survey_templates (id) {
        id -> BigInt,
        name -> Text,
        questions -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    surveys (id) {
        id -> BigInt,
        name -> Text,
        template_id -> Nullable<BigInt>,
        questions -> Text,
        about -> Text,
        status -> Text,
        team_id -> Nullable<BigInt>,
        closes_at -> Instant,
        reminder_days -> BigInt,
        reminders -> BigInt,
        opened_at -> Nullable<Instant>,
        closed_at -> Nullable<Instant>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    survey_invitations (id) {
        id -> BigInt,
        survey_id -> BigInt,
        customer_id -> BigInt,
        department_id -> Nullable<BigInt>,
        contact_id -> BigInt,
        shipment_id -> Nullable<BigInt>,
        partner_id -> Nullable<BigInt>,
        side -> Nullable<Text>,
        source -> Text,
        language -> Text,
        nonce -> Text,
        status -> Text,
        confidence -> Double,
        invited_at -> Instant,
        last_mailed_at -> Nullable<Instant>,
        mails -> BigInt,
        answered_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    survey_answers (id) {
        id -> BigInt,
        invitation_id -> BigInt,
        question -> Text,
        dimension -> Nullable<Text>,
        scale -> Text,
        value -> Nullable<Double>,
        score -> Nullable<Double>,
        text -> Nullable<Text>,
        polarity -> Nullable<Double>,
        answered_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{Bool, Text};
    use super::Instant;

    complaint_causes (code) {
        code -> Text,
        name_en -> Text,
        name_zh -> Text,
        active -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};
    use super::Instant;

    complaints (id) {
        id -> BigInt,
        system -> Text,
        external_id -> Text,
        customer_id -> BigInt,
        department_id -> Nullable<BigInt>,
        contact_id -> Nullable<BigInt>,
        partner_id -> Nullable<BigInt>,
        shipment_id -> Nullable<BigInt>,
        owner_id -> Nullable<BigInt>,
        channel -> Text,
        severity -> Text,
        subject -> Text,
        text -> Nullable<Text>,
        status -> Text,
        cause -> Nullable<Text>,
        remedy -> Nullable<Text>,
        action -> Nullable<Text>,
        justified -> Nullable<Bool>,
        evidence -> Nullable<Text>,
        claim_amount -> Nullable<BigInt>,
        settled_on -> Nullable<Date>,
        received_at -> Instant,
        acknowledge_due_at -> Instant,
        acknowledged_at -> Nullable<Instant>,
        answer_due_at -> Instant,
        answered_at -> Nullable<Instant>,
        first_answered_at -> Nullable<Instant>,
        confirmed_at -> Nullable<Instant>,
        reopened_at -> Nullable<Instant>,
        reopened -> BigInt,
        action_verified_at -> Nullable<Instant>,
        nonce -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    complaint_events (id) {
        id -> BigInt,
        complaint_id -> BigInt,
        kind -> Text,
        at -> Instant,
        actor -> Text,
        text -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};
    use super::Instant;

    promises (id) {
        id -> BigInt,
        system -> Text,
        external_id -> Text,
        customer_id -> BigInt,
        department_id -> Nullable<BigInt>,
        contact_id -> Nullable<BigInt>,
        partner_id -> Nullable<BigInt>,
        made_by -> Nullable<BigInt>,
        text -> Text,
        kpi -> Nullable<Text>,
        level -> Nullable<Double>,
        made_on -> Date,
        from_on -> Date,
        due_on -> Date,
        weight -> Double,
        status -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Instant>,
        value -> Nullable<Double>,
        observations -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        renewed_by -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
    use super::Instant;

    interactions (id) {
        id -> BigInt,
        system -> Text,
        external_id -> Text,
        customer_id -> BigInt,
        department_id -> Nullable<BigInt>,
        contact_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        channel -> Text,
        direction -> Text,
        shipment_id -> Nullable<BigInt>,
        complaint_id -> Nullable<BigInt>,
        at -> Instant,
        subject -> Nullable<Text>,
        text -> Nullable<Text>,
        language -> Nullable<Text>,
        polarity -> Nullable<Double>,
        confidence -> Nullable<Double>,
        neutral -> Nullable<Bool>,
        not_scored -> Nullable<Text>,
        sentences -> Nullable<Text>,
        topics -> Nullable<Text>,
        scored_with -> Nullable<Text>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Text};
    use super::Instant;

    sentiment_models (id) {
        id -> BigInt,
        language -> Text,
        texts -> BigInt,
        labels -> BigInt,
        weights -> Text,
        figures -> Text,
        in_use -> Bool,
        actor -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Nullable, Text};
    use super::Instant;

    customer_owners (id) {
        id -> BigInt,
        customer_id -> BigInt,
        user_id -> BigInt,
        from_on -> Date,
        until_on -> Nullable<Date>,
        actor -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    kpi_targets (id) {
        id -> BigInt,
        customer_id -> BigInt,
        contract_id -> Nullable<BigInt>,
        kpi -> Text,
        unacceptable -> Double,
        target -> Double,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};

    kpi_values (run_id, customer_id, kpi) {
        run_id -> BigInt,
        customer_id -> BigInt,
        kpi -> Text,
        value -> Double,
        low -> Nullable<Double>,
        high -> Nullable<Double>,
        observations -> BigInt,
        desirability -> Double,
        unacceptable -> Double,
        target -> Double,
        target_from -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Text};

    dimension_satisfactions (run_id, customer_id, department, dimension) {
        run_id -> BigInt,
        customer_id -> BigInt,
        department -> Text,
        dimension -> Text,
        score -> Double,
        answers -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    alert_events (id) {
        id -> BigInt,
        alert_id -> BigInt,
        at -> Instant,
        actor -> Text,
        deed -> Text,
        state -> Text,
        severity -> Text,
        measure -> Nullable<Double>,
        run_id -> Nullable<BigInt>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
    use super::Instant;

    alert_rules (id) {
        id -> BigInt,
        team_id -> Nullable<BigInt>,
        reason -> Text,
        enabled -> Bool,
        level -> Double,
        high -> Double,
        step -> Double,
        hysteresis -> Double,
        cool_down_days -> BigInt,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};

    mail_images (mail_id, content_id) {
        mail_id -> BigInt,
        content_id -> Text,
        alt -> Text,
        png -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Double, Nullable, Text};
    use super::Instant;

    digest_entries (id) {
        id -> BigInt,
        user_id -> BigInt,
        alert_id -> BigInt,
        deed -> Text,
        frequency -> Text,
        why -> Text,
        severity -> Text,
        measure -> Double,
        created_at -> Instant,
        mail_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    webhook_endpoints (id) {
        id -> BigInt,
        name -> Text,
        url -> Text,
        events -> Text,
        envelope -> Text,
        team_id -> Nullable<BigInt>,
        secret -> Text,
        old_secret -> Nullable<Text>,
        old_secret_until -> Nullable<Instant>,
        status -> Text,
        disabled_reason -> Nullable<Text>,
        failing_since -> Nullable<Instant>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    webhook_events (id) {
        id -> BigInt,
        uid -> Text,
        #[sql_name = "type"]
        kind -> Text,
        customer_id -> Nullable<BigInt>,
        team_id -> Nullable<BigInt>,
        data -> Text,
        occurred_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    webhook_deliveries (id) {
        id -> BigInt,
        event_id -> BigInt,
        endpoint_id -> BigInt,
        status -> Text,
        attempts -> BigInt,
        trying_since -> Nullable<Instant>,
        next_attempt_at -> Instant,
        lease_until -> Nullable<Instant>,
        last_error -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        delivered_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::Instant;

    webhook_attempts (id) {
        id -> BigInt,
        delivery_id -> BigInt,
        at -> Instant,
        code -> Nullable<BigInt>,
        millis -> BigInt,
        error -> Nullable<Text>,
        answer -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use super::Instant;

    play_templates (id) {
        id -> BigInt,
        code -> Text,
        name_en -> Text,
        name_zh -> Text,
        steps -> Text,
        cost -> Nullable<BigInt>,
        active -> Bool,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};
    use super::Instant;

    plays (id) {
        id -> BigInt,
        customer_id -> BigInt,
        alert_id -> Nullable<BigInt>,
        template_id -> BigInt,
        title -> Text,
        note -> Nullable<Text>,
        owner_id -> Nullable<BigInt>,
        status -> Text,
        cost -> Nullable<BigInt>,
        starts_on -> Date,
        due_on -> Date,
        begun_on -> Nullable<Date>,
        ended_on -> Nullable<Date>,
        horizon_weeks -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
        outcome_by -> Nullable<Text>,
        outcome_on -> Nullable<Date>,
        outcome_note -> Nullable<Text>,
        record_outcome -> Nullable<Text>,
        run_id -> Nullable<BigInt>,
        churn_probability -> Nullable<Double>,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Nullable, Text};
    use super::Instant;

    play_steps (id) {
        id -> BigInt,
        play_id -> BigInt,
        position -> BigInt,
        text -> Text,
        due_on -> Date,
        done_at -> Nullable<Instant>,
        done_by -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    teams,
    users,
    api_keys,
    audit_log,
    idempotency_keys,
    customers,
    departments,
    contacts,
    imports,
    import_mappings,
    import_rejects,
    import_customers,
    customer_external_ids,
    shipments,
    import_changes,
    link_months,
    counters,
    runs,
    customer_risks,
    model_fits,
    link_risks,
    account_satisfactions,
    department_satisfactions,
    what_ifs,
    what_if_customers,
    plans,
    plan_customers,
    alerts,
    mails,
    backtests,
    calibrations,
    contracts,
    invoices,
    run_scores,
    alert_outcomes,
    alert_events,
    alert_rules,
    mail_images,
    mail_paces,
    digest_entries,
    webhook_endpoints,
    webhook_events,
    webhook_deliveries,
    webhook_attempts,
    play_templates,
    plays,
    play_steps,
    instance_secrets,
    survey_templates,
    surveys,
    survey_invitations,
    survey_answers,
    complaint_causes,
    complaints,
    complaint_events,
    promises,
    interactions,
    sentiment_models,
    customer_owners,
    kpi_targets,
    kpi_values,
    dimension_satisfactions,
);
