//! The rules that a description keeps, checked once before it is compiled.

use rayon::prelude::*;

use super::{CascadeError, Description, Link};

/// Largest size of a business or a value; keeps every sum finite.
const LARGEST: f64 = 1e100;

/// Checks own churn: one probability for each of so many customers.
pub(super) fn check_own(own: &[f64], customers: usize) -> Result<(), CascadeError> {
    if own.len() != customers {
        return Err(CascadeError::Length {
            field: "own",
            found: own.len(),
            expected: customers,
        });
    }
    let mut all = own.iter().enumerate();
    match all.find(|(_, h)| !(0.0..=1.0).contains(*h)) {
        Some((customer, &value)) => Err(CascadeError::OwnChurn { customer, value }),
        None => Ok(()),
    }
}

/// Checks everything that a description says.
pub(super) fn check(description: &Description<'_>) -> Result<(), CascadeError> {
    let customers = description.own_churn.len();
    for (field, found) in [("own", customers), ("links", description.links.len())] {
        if u32::try_from(found).is_err() {
            return Err(CascadeError::TooMany { field, found });
        }
    }
    for (field, list) in [
        ("own_business", description.own_business),
        ("own_value", description.own_value),
    ] {
        if list.len() != customers {
            return Err(CascadeError::Length {
                field,
                found: list.len(),
                expected: customers,
            });
        }
    }
    check_own(description.own_churn, customers)?;
    description.strengths.check()?;
    for (index, &value) in description.own_business.iter().enumerate() {
        check_business(value, || format!("own_business[{index}]"))?;
    }
    for (index, &value) in description.own_value.iter().enumerate() {
        check_value(value, || format!("own_value[{index}]"))?;
    }
    let links = description.links.par_iter().enumerate();
    let wrong = links.find_map_first(|(index, link)| check_link(index, link, customers).err());
    wrong.map_or(Ok(()), Err)
}

fn check_link(index: usize, link: &Link, customers: usize) -> Result<(), CascadeError> {
    for (end, customer) in [("shipper", link.shipper), ("consignee", link.consignee)] {
        if customer as usize >= customers {
            return Err(CascadeError::NoSuchCustomer {
                link: index,
                end,
                customer,
                customers,
            });
        }
    }
    if link.shipper == link.consignee {
        return Err(CascadeError::SelfLink {
            link: index,
            customer: link.shipper,
        });
    }
    check_business(link.business, || format!("links[{index}].business"))?;
    check_value(link.value, || format!("links[{index}].value"))
}

pub(super) fn check_business(value: f64, field: impl Fn() -> String) -> Result<(), CascadeError> {
    if (0.0..=LARGEST).contains(&value) {
        return Ok(());
    }
    Err(CascadeError::Amount {
        field: field(),
        value,
        rule: "a number between 0 and 1e100",
    })
}

pub(super) fn check_value(value: f64, field: impl Fn() -> String) -> Result<(), CascadeError> {
    if (-LARGEST..=LARGEST).contains(&value) {
        return Ok(());
    }
    Err(CascadeError::Amount {
        field: field(),
        value,
        rule: "a number between -1e100 and 1e100",
    })
}
