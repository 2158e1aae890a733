//! What surveys are made of, and the rules that each part must keep.

pub mod invite;
mod question;
mod survey;

pub use invite::{Candidate, InviteInput, Rules, Skip, Wanted};
pub use question::{Dimension, Question, QuestionScale, Wording, check_questions};
pub use survey::{SurveyInput, TemplateInput};

crate::word_enum! {
    /// What a survey asks about.
    About {
        /// The customer's own experience with us.
        Experience = "experience",
        /// One shipment.
        Shipment = "shipment",
        /// What the customer and a partner of its send to each other.
        Link = "link",
    }
}

crate::word_enum! {
    /// Where a survey stands.
    SurveyStatus {
        /// Its questions may still be changed; nobody can answer.
        Draft = "draft",
        /// It can be answered until it closes.
        Open = "open",
        /// It was closed.
        Closed = "closed",
    }
}

crate::word_enum! {
    /// Where an invitation stands.
    InvitationStatus {
        /// No answer yet.
        Invited = "invited",
        /// Answered; answers can be changed until the survey closes.
        Answered = "answered",
        /// It cannot be answered any more; answers that it has stay.
        Revoked = "revoked",
    }
}

crate::word_enum! {
    /// How somebody came to be asked.
    Source {
        /// By mail with a personal link.
        Mail = "mail",
        /// By another system, or an interviewer.
        Api = "api",
        /// By a file of answers.
        Import = "import",
    }
}

crate::word_enum! {
    /// Which end of a link somebody speaks for.
    Side {
        /// Sends.
        Shipper = "shipper",
        /// Receives.
        Consignee = "consignee",
    }
}
