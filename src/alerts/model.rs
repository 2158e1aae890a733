//! The words of alerts, as the database and the API write them.

crate::word_enum! {
    /// What opened an alert.
    AlertReason {
        /// The churn probability reached the configured level.
        ChurnLevel = "churn_level",
        /// It rose by the configured step or more between two runs.
        ChurnRise = "churn_rise",
        /// So much of the churn probability comes through one partner.
        PartnerRisk = "partner_risk",
        /// A department of the customer is surely less satisfied than it should be.
        DepartmentUnsatisfied = "department_unsatisfied",
        /// The customer's satisfaction fell between two runs.
        SatisfactionFall = "satisfaction_fall",
        /// A department that has to be heard has not been for a long time.
        DepartmentUnheard = "department_unheard",
        /// It is satisfied and ships less, or unsatisfied and ships more.
        ScoreAndMoney = "score_and_money",
        /// It ships less than in the same season a year before.
        VolumeDrop = "volume_drop",
        /// A complaint is not acknowledged or not answered in time.
        ComplaintOverdue = "complaint_overdue",
        /// A complaint that was answered was reopened.
        ComplaintReopened = "complaint_reopened",
        /// A promise is due soon.
        PromiseDue = "promise_due",
        /// A promise was not kept.
        PromiseBroken = "promise_broken",
        /// A contract ends soon.
        ContractEnding = "contract_ending",
        /// The talk with the customer rests on one of our own people.
        KeyPerson = "key_person",
        /// The customer pays later than it used to.
        PaymentFall = "payment_fall",
        /// Our own data stopped coming.
        DataStale = "data_stale",
    }
}

crate::word_enum! {
    /// How urgent an alert is.
    AlertSeverity {
        /// Act now: at or above the level, with enough evidence.
        High = "high",
        /// Worth a plan: a rise below the level, a new customer, or little evidence.
        Medium = "medium",
        /// Worth knowing.
        Low = "low",
    }
}

crate::word_enum! {
    /// Where an alert stands in its life.
    AlertState {
        /// Nobody has said anything to it.
        Open = "open",
        /// Somebody has seen it and is at it.
        Acknowledged = "acknowledged",
        /// It is left alone until `snoozed_until`, or until it has become worse.
        Snoozed = "snoozed",
        /// It is over; `resolution` says why.
        Resolved = "resolved",
    }
}

crate::word_enum! {
    /// What was done with an alert.
    AlertDeed {
        /// A rule opened it.
        Opened = "opened",
        /// A rule put new figures into it.
        Updated = "updated",
        /// The same, and it is a step worse than what was last told.
        Worsened = "worsened",
        /// It was resolved or acknowledged, and is open again.
        Reopened = "reopened",
        /// Somebody is at it.
        Acknowledged = "acknowledged",
        /// It is left alone for a while.
        Snoozed = "snoozed",
        /// The while is over.
        Woken = "woken",
        /// It was given to somebody, or to nobody.
        Assigned = "assigned",
        /// A person or a rule ended it.
        Resolved = "resolved",
        /// It came from a customer that was merged into its customer.
        Merged = "merged",
    }
}

crate::word_enum! {
    /// Why a person resolved an alert.
    Settlement {
        /// Something was done about it.
        Acted = "acted",
        /// There was nothing in it.
        FalseAlarm = "false_alarm",
        /// The customer is lost.
        Lost = "lost",
        /// It does not matter any more.
        Expired = "expired",
    }
}

crate::word_enum! {
    /// Why a run resolved an alert.
    Ending {
        /// The measure came back, or what was wanted was done: answered, kept, renewed.
        Recovered = "recovered",
        /// Its cause passed: the day went by, the time it is told for is over, the record was deleted.
        Over = "over",
        /// The customer has left: silent for a whole horizon, and hardly alive.
        CustomerLeft = "customer_left",
        /// The alert about the level took the place of the one about a rise.
        Superseded = "superseded",
        /// The rule was switched off.
        RuleOff = "rule_off",
        /// The customer was deleted.
        CustomerDeleted = "customer_deleted",
        /// The customer was merged into another, which has the same alert.
        Merged = "merged",
    }
}
