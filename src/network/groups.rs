//! Components with their business, as lists show them.

use super::graph::Component;
use super::live::Compiled;
use crate::db::select::Value;
use crate::ids::CustomerId;

/// A component with its business.
#[derive(Debug)]
pub struct Group<'a> {
    /// The component.
    pub component: &'a Component,
    /// The business of its links.
    pub business: f64,
}

impl<'a> Group<'a> {
    /// A component of a compiled network.
    pub fn of(component: &'a Component, copy: &Compiled) -> Self {
        let business = |id: &CustomerId| copy.network.business_of(*id, copy.basis);
        // Every link is counted at both its ends.
        let both_ends: f64 = component.customers.iter().map(business).sum();
        Self {
            component,
            business: both_ends / 2.0,
        }
    }

    /// The lowest id among its customers.
    pub fn first(&self) -> CustomerId {
        let first = self.component.customers.first().copied();
        first.unwrap_or(CustomerId(0))
    }

    /// What lists sort and filter by.
    pub fn field(&self, name: &str) -> Value {
        let count = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        match name {
            "links" => count(self.component.links),
            "business" => Value::Real(self.business),
            "first_customer_id" => Value::Int(self.first().0),
            _ => count(self.component.customers.len()),
        }
    }

    /// So many customers with the most business, then by id.
    pub fn largest(&self, copy: &Compiled, members: usize) -> Vec<CustomerId> {
        let business = |id: &CustomerId| (copy.network.business_of(*id, copy.basis), *id);
        let mut ranked: Vec<_> = self.component.customers.iter().map(business).collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
        ranked.into_iter().take(members).map(|(_, id)| id).collect()
    }
}
