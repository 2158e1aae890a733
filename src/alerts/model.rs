//! The words of alerts, as the database and the API write them.

crate::word_enum! {
    /// What opened an alert.
    AlertReason {
        /// The churn probability reached the configured level.
        ChurnLevel = "churn_level",
        /// It rose by the configured step or more between two runs.
        ChurnRise = "churn_rise",
    }
}

crate::word_enum! {
    /// How urgent an alert is.
    AlertSeverity {
        /// Act now: at or above the level, with enough evidence.
        High = "high",
        /// Worth a plan: a rise below the level, a new customer, or little evidence.
        Medium = "medium",
    }
}

crate::word_enum! {
    /// Where an alert stands in its life.
    AlertState {
        /// Nobody has said anything to it.
        Open = "open",
        /// Somebody has seen it and is at it.
        Acknowledged = "acknowledged",
        /// It is over; `resolution` says why.
        Resolved = "resolved",
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
        /// The probability came back down.
        Recovered = "recovered",
        /// The alert about the level took the place of the one about a rise.
        Superseded = "superseded",
        /// The customer was deleted.
        CustomerDeleted = "customer_deleted",
    }
}
