//! The words of mails, as the database and the API write them.

crate::word_enum! {
    /// What a mail is about, and so to whom it goes.
    MailKind {
        /// An alert, to one of our own people.
        Alert = "alert",
        /// What a person's alerts came to since the last one, to one of our own people.
        Digest = "digest",
        /// Where the alerts of a team stand, to who leads it.
        RollUp = "roll_up",
        /// An invitation to answer a survey, to a contact.
        Survey = "survey",
        /// The same once more.
        SurveyReminder = "survey_reminder",
        /// The answer to a complaint, with the links that confirm or reopen it, to a contact.
        Complaint = "complaint",
    }
}

crate::word_enum! {
    /// Where a mail stands.
    MailStatus {
        /// It waits for its next attempt.
        Queued = "queued",
        /// The mail server took it.
        Sent = "sent",
        /// It was given up: a dead letter, until somebody sends it on its way again.
        Dead = "dead",
    }
}
