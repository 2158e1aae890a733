//! A link that is active implies that both of its ends are: activity of customers and links agrees.

use super::ChurnError;

/// A link says something about its ends from so many events on. A design choice.
pub const MIN_EVENTS: u64 = 8;

/// A link and its probability of being active within the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkActivity {
    /// Index of the shipper among the customers.
    pub shipper: u32,
    /// Index of the consignee among the customers.
    pub consignee: u32,
    /// Shipping days of the link.
    pub events: u64,
    /// Probability of at least one event of the link within the horizon, in `[0, 1]`.
    pub p_active: f64,
}

/// How much had to be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coherence {
    /// Customers raised to a link's activity.
    pub raised: usize,
    /// Links lowered to an end's activity.
    pub lowered: usize,
}

/// Makes the activity of customers and links agree.
///
/// First each customer is raised to the activity of its links with at least [`MIN_EVENTS`] events,
/// then each link is lowered to that of both ends. `customers` has each customer's probability of
/// being active. A second time changes nothing. O(customers + links).
///
/// # Errors
///
/// [`ChurnError::Row`] for an activity that is no probability, or a link to a customer that is not
/// there; nothing is changed then.
///
/// # Example
///
/// ```
/// use hawser::churn::coherence::{LinkActivity, cohere};
///
/// let mut customers = [0.6, 0.9];
/// let link = |events, p_active| LinkActivity { shipper: 0, consignee: 1, events, p_active };
/// let mut links = [link(20, 0.8), link(2, 0.95)];
/// cohere(&mut customers, &mut links)?;
/// assert_eq!(customers, [0.8, 0.9]);
/// assert_eq!(links[1].p_active, 0.8);
/// # Ok::<(), hawser::churn::ChurnError>(())
/// ```
pub fn cohere(customers: &mut [f64], links: &mut [LinkActivity]) -> Result<Coherence, ChurnError> {
    check(customers, links)?;
    let mut raised = vec![false; customers.len()];
    for link in links.iter().filter(|link| link.events >= MIN_EVENTS) {
        for end in [link.shipper, link.consignee] {
            let own = customers.get_mut(end as usize);
            if let (Some(own), Some(raised)) = (own, raised.get_mut(end as usize))
                && *own < link.p_active
            {
                *own = link.p_active;
                *raised = true;
            }
        }
    }
    let mut lowered = 0;
    for link in links {
        let ends = [link.shipper, link.consignee].map(|end| customers.get(end as usize));
        let bound = ends.into_iter().flatten().copied().fold(1.0, f64::min);
        if link.p_active > bound {
            link.p_active = bound;
            lowered += 1;
        }
    }
    Ok(Coherence {
        raised: raised.into_iter().filter(|raised| *raised).count(),
        lowered,
    })
}

fn check(customers: &[f64], links: &[LinkActivity]) -> Result<(), ChurnError> {
    let probability = |field, row, value| {
        if (0.0..=1.0).contains(&value) {
            return Ok(());
        }
        let error = ChurnError::Number {
            field,
            value,
            rule: "a probability",
        };
        Err(error.in_row(row))
    };
    for (row, &own) in customers.iter().enumerate() {
        probability("customers", row, own)?;
    }
    for (row, link) in links.iter().enumerate() {
        probability("links.p_active", row, link.p_active)?;
        let last = link.shipper.max(link.consignee);
        if last as usize >= customers.len() {
            let error = ChurnError::Rule {
                field: "links",
                rule: "ends that are among the customers",
            };
            return Err(error.in_row(row));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(shipper: u32, consignee: u32, events: u64, p_active: f64) -> LinkActivity {
        LinkActivity {
            shipper,
            consignee,
            events,
            p_active,
        }
    }

    #[test]
    fn a_chain_is_raised_and_lowered_once() {
        let mut customers = [0.2, 0.5, 0.9];
        let mut links = [link(0, 1, 8, 0.6), link(1, 2, 7, 0.8), link(0, 2, 0, 0.1)];
        let done = cohere(&mut customers, &mut links).unwrap();
        assert_eq!(customers.to_vec(), vec![0.6, 0.6, 0.9]);
        let active: Vec<f64> = links.iter().map(|link| link.p_active).collect();
        assert_eq!(active, vec![0.6, 0.6, 0.1]);
        assert_eq!((done.raised, done.lowered), (2, 1));
    }

    #[test]
    fn a_bad_row_is_named_and_changes_nothing() {
        for (bad, text) in [
            (
                link(0, 2, 9, 0.5),
                "row 1: links: expected ends that are among the customers",
            ),
            (
                link(0, 1, 9, f64::NAN),
                "row 1: links.p_active: NaN: expected a probability",
            ),
        ] {
            let mut customers = [0.1, 0.1];
            let mut links = [link(0, 1, 9, 0.9), bad];
            let error = cohere(&mut customers, &mut links).unwrap_err();
            assert_eq!(error.to_string(), text);
            assert_eq!(customers.to_vec(), vec![0.1, 0.1]);
        }
        assert!(cohere(&mut [1.5], &mut []).is_err());
    }
}
