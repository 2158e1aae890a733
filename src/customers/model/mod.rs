//! What can be told of customers, departments and contacts, and the rules each must keep.

mod contact;
mod customer;
mod department;
#[cfg(test)]
mod tests;

pub use contact::ContactInput;
pub use customer::{CustomerDraft, CustomerInput, trimmed};
pub use department::{DepartmentDraft, DepartmentInput};

use crate::problem::FieldProblem;

/// Characters of a name at most.
const NAME: usize = 300;

crate::word_enum! {
    /// How we stand with a customer.
    CustomerStatus {
        /// We work for it.
        Active = "active",
        /// We would like to.
        Prospect = "prospect",
        /// We do not any more.
        Inactive = "inactive",
    }
}

crate::word_enum! {
    /// On which side of shipments a customer stands; follows from the traffic.
    Role {
        /// It sends, and never receives.
        Shipper = "shipper",
        /// It receives, and never sends.
        Consignee = "consignee",
        /// It does both.
        Both = "both",
        /// It has no shipments.
        None = "none",
    }
}

crate::word_enum! {
    /// What a department does.
    DepartmentKind {
        /// Buys.
        Purchasing = "purchasing",
        /// Plans material and production.
        Planning = "planning",
        /// Produces.
        Production = "production",
        /// Stores, loads and unloads.
        Warehouse = "warehouse",
        /// Sells.
        Sales = "sales",
        /// Looks after quality and claims.
        Quality = "quality",
        /// Pays and collects.
        Finance = "finance",
        /// Leads the firm.
        Management = "management",
        /// Anything else; its name says what.
        Other = "other",
    }
}

crate::word_enum! {
    /// What part a person has in the decision to buy from us.
    BuyingRole {
        /// Decides.
        Decider = "decider",
        /// Negotiates and orders.
        Buyer = "buyer",
        /// Is asked for advice.
        Influencer = "influencer",
        /// Works with what we deliver.
        User = "user",
        /// Decides who gets to speak with whom.
        Gatekeeper = "gatekeeper",
    }
}

crate::word_enum! {
    /// What a person said about being asked for an opinion.
    SurveyConsent {
        /// Agreed.
        Given = "given",
        /// Does not want to be asked.
        Refused = "refused",
    }
}

/// `value` without white space around it; notes what is wrong with it.
pub(crate) fn text(
    field: &'static str,
    value: &str,
    most: usize,
    wrong: &mut Vec<FieldProblem>,
) -> String {
    let value = value.trim();
    if value.contains(char::is_control) {
        let rule = "expected text without control characters such as NUL and line breaks";
        wrong.push(FieldProblem::new(field, "control_character", rule));
    } else if value.is_empty() || value.chars().count() > most {
        let rule = format!("expected 1 to {most} characters");
        wrong.push(FieldProblem::new(field, "length", rule));
    }
    value.to_owned()
}
