//! The words of webhooks, as the database and the API write them.

crate::word_enum! {
    /// What happened.
    EventType {
        /// An alert was opened.
        AlertOpened = "alert.opened",
        /// An alert became worse by a step.
        AlertUpdated = "alert.updated",
        /// An alert that was resolved, acknowledged or snoozed is open again.
        AlertReopened = "alert.reopened",
        /// Somebody is at an alert.
        AlertAcknowledged = "alert.acknowledged",
        /// An alert is left alone for a while.
        AlertSnoozed = "alert.snoozed",
        /// An alert was given to somebody, or to nobody.
        AlertAssigned = "alert.assigned",
        /// A person or a rule ended an alert.
        AlertResolved = "alert.resolved",
        /// An assessment run is done.
        RunDone = "run.done",
        /// An assessment run failed and left nothing behind.
        RunFailed = "run.failed",
        /// An import is done; it tells how many records it wrote.
        ImportDone = "import.done",
        /// An import failed and left nothing behind.
        ImportFailed = "import.failed",
        /// An import was taken back.
        ImportReverted = "import.reverted",
        /// A customer was made by the API.
        CustomerCreated = "customer.created",
        /// A customer was changed by the API.
        CustomerUpdated = "customer.updated",
        /// A customer was deleted by the API.
        CustomerDeleted = "customer.deleted",
        /// A customer was merged into another.
        CustomerMerged = "customer.merged",
        /// Somebody tries an endpoint; goes to that endpoint only.
        WebhookTest = "webhook.test",
    }
}

crate::word_enum! {
    /// How an event is wrapped.
    Envelope {
        /// `type`, `timestamp` and `data`, as Standard Webhooks recommends.
        Plain = "plain",
        /// `CloudEvents` 1.0, structured, as JSON.
        CloudEvents = "cloudevents",
    }
}

crate::word_enum! {
    /// Whether an endpoint is told anything.
    EndpointStatus {
        /// It is told what it wants.
        Active = "active",
        /// Somebody paused it: what happens meanwhile it is not told, what waits goes on waiting.
        Paused = "paused",
        /// It was switched off; `disabled_reason` says why.
        Disabled = "disabled",
    }
}

crate::word_enum! {
    /// Why an endpoint was switched off.
    DisabledReason {
        /// It answered 410.
        Gone = "gone",
        /// Every attempt of five days failed.
        Failing = "failing",
    }
}

crate::word_enum! {
    /// What became of a delivery.
    DeliveryStatus {
        /// It waits for its next attempt.
        Queued = "queued",
        /// The endpoint took it.
        Delivered = "delivered",
        /// It was given up; it can be sent again.
        Dead = "dead",
    }
}
