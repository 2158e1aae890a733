//! Why a cascade cannot be computed: always names the field and the index.

/// Input of the cascade that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CascadeError {
    /// Own churn is NaN or outside `[0, 1]`.
    #[error("own[{customer}]: {value} is not a probability: expected a number between 0 and 1")]
    OwnChurn {
        /// Index of the customer.
        customer: usize,
        /// The offending value.
        value: f64,
    },

    /// A business, a value, a cost or another number is NaN, infinite, too large or of the wrong sign.
    #[error("{field}: {value}: expected {rule}")]
    Amount {
        /// Field and index, such as `links[3].business`.
        field: String,
        /// The offending value.
        value: f64,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// A strength is NaN or outside `[0, 1)`.
    #[error("{field}: {value}: expected a number of at least 0 and below 1")]
    Strength {
        /// Name of the strength, such as `kappa.shipper.controls`.
        field: &'static str,
        /// The offending value.
        value: f64,
    },

    /// A link names a customer that is not there.
    #[error("links[{link}].{end}: there is no customer {customer}: expected below {customers}")]
    NoSuchCustomer {
        /// Index of the link.
        link: usize,
        /// `shipper` or `consignee`.
        end: &'static str,
        /// The index that the link names.
        customer: u32,
        /// How many customers there are.
        customers: usize,
    },

    /// A customer that was asked for is not there.
    #[error("customer: there is no customer {customer}: expected below {customers}")]
    UnknownCustomer {
        /// The index asked for.
        customer: usize,
        /// How many customers there are.
        customers: usize,
    },

    /// A link that was asked for is not there.
    #[error("link: there is no link {link}: expected below {links}")]
    UnknownLink {
        /// The index asked for.
        link: usize,
        /// How many links there are.
        links: usize,
    },

    /// Both ends of a link are the same customer.
    #[error("links[{link}]: customer {customer} ships to itself")]
    SelfLink {
        /// Index of the link.
        link: usize,
        /// Index of the customer.
        customer: u32,
    },

    /// A list has another length than there are customers.
    #[error("{field}: has {found} values: expected one for each of {expected} customers")]
    Length {
        /// Name of the list.
        field: &'static str,
        /// Its length.
        found: usize,
        /// Number of customers.
        expected: usize,
    },

    /// What is compared does not belong together.
    #[error("{field}: expected the same as in what it is compared with")]
    Unlike {
        /// What differs: `own`, `worlds`, `seed`.
        field: &'static str,
    },

    /// A customer is a candidate twice.
    #[error("candidates[{candidate}].customer: {customer} is a candidate already")]
    CandidateTwice {
        /// Index of the second candidate.
        candidate: usize,
        /// Index of the customer.
        customer: u32,
    },

    /// More than `u32::MAX` customers or links.
    #[error("{field}: {found} are too many: expected at most 4294967295")]
    TooMany {
        /// `own` or `links`.
        field: &'static str,
        /// How many there are.
        found: usize,
    },

    /// The tolerance is not a number of at least 1e-13.
    #[error("eps: {0}: expected a number of at least 1e-13")]
    Tolerance(f64),

    /// The iteration did not come down to the tolerance; strengths near 1 are the cause.
    #[error("kappa: not converged after {0} sweeps: expected smaller strengths or a larger eps")]
    NotConverged(u32),
}
