//! Endpoints for the trade network.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::graph::{Partner, Reach, share};
use super::groups::Group;
use super::live::{Compiled, LiveNetwork};
use super::measures::LinkMeasures;
use super::params::{PageParams, Parameters, ReachParams, WINDOW, WindowParams};
use super::store::{self, Visible};
use super::views::{
    ComponentPage, ComponentView, CustomerConcentration, Frame, HiddenPartners, LinkDetail,
    LinkMonth, LinkPage, LinkView, Named, Neighbour, NeighbourLink, NeighbourhoodView,
    NetworkConcentration, PartnerPage, PartnerView, last_on, shipments_of,
};
use super::{Window, pages};
use crate::access::{Caller, Teams};
use crate::api::list::{self, ListRequest, Page};
use crate::api::reference::Reference;
use crate::customers::store::{CustomerBrief, names as names_of, resolve};
use crate::db::Conn;
use crate::db::select::{Collection, Value};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_partners)
        .service(show_neighbourhood)
        .service(show_customer_concentration)
        .service(list_links)
        .service(show_link)
        .service(list_components)
        .service(show_concentration);
}

/// Ties away at most, in a neighbourhood.
const DEPTH: (u32, u32) = (1, 4);
/// Customers in a neighbourhood at most, and where the caller does not say.
const NEIGHBOURS: (u32, u32) = (1, 500);
const USUAL_NEIGHBOURS: u32 = 100;
/// Members shown of a component at most, and where the caller does not say.
const MEMBERS: (u32, u32) = (0, 100);
const USUAL_MEMBERS: u32 = 10;

/// What a caller who asks for a list wants.
struct Wanted {
    list: ListRequest,
    window: Window,
    /// Members of each component.
    members: usize,
}

/// Reads the parameters of a list; `more` are those it takes beside the usual.
fn read_list(
    request: &HttpRequest,
    state: &AppState,
    collection: &Collection,
    more: &[&str],
) -> Answer<Wanted> {
    let extra = [WINDOW, more].concat();
    let mut list = list::parse(request, collection, &extra)?;
    let mut asked = Parameters::new(std::mem::take(&mut list.extra), &extra);
    let window = asked.window(state.today(), state.config.assessment.window_days);
    let members = asked.number("members", MEMBERS, USUAL_MEMBERS);
    let (window, members) = asked.finish(window.zip(members))?;
    Ok(Wanted {
        list,
        window,
        members: members as usize,
    })
}

/// Reads the parameters of a question that is not a list: the window and the two numbers given as
/// name, bounds and default.
fn read_question<const N: usize>(
    request: &HttpRequest,
    state: &AppState,
    numbers: [(&str, (u32, u32), u32); N],
) -> Answer<(Window, [u32; N])> {
    let given = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?
        .into_inner();
    let allowed: Vec<&str> = WINDOW
        .iter()
        .copied()
        .chain(numbers.iter().map(|(name, ..)| *name))
        .collect();
    let mut asked = Parameters::new(given, &allowed);
    let window = asked.window(state.today(), state.config.assessment.window_days);
    let found = numbers.map(|(name, bounds, default)| asked.number(name, bounds, default));
    // Those that are wrong are told by `finish`.
    let found = found.map(Option::unwrap_or_default);
    Ok((asked.finish(window)?, found))
}

/// Asks the network of a window, off the async threads.
async fn ask<T: Send + 'static>(
    state: &AppState,
    live: &LiveNetwork,
    window: Window,
    question: impl FnOnce(&mut Conn, &Compiled) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let copy = live.at(&state.db, window).await?;
    state.db.read(move |conn| question(conn, &copy)).await
}

/// The customer that a path names, among those of the caller's teams.
fn find(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<CustomerBrief> {
    resolve(conn, reference, teams)?
        .filter(|customer| !customer.deleted)
        .ok_or_else(|| Error::not_found("customer", reference))
}

fn named(conn: &mut Conn, id: CustomerId) -> Answer<Named> {
    let name = names_of(conn, &[id])?.remove(&id).unwrap_or_default();
    Ok(Named { id, name })
}

/// Answers with a page that says more than its rows.
fn respond<T: Serialize>(
    request: &HttpRequest,
    page: &T,
    next_cursor: Option<&String>,
) -> Answer<HttpResponse> {
    let bare = Page::<()> {
        data: Vec::new(),
        next_cursor: next_cursor.cloned(),
    };
    let body = serde_json::to_vec(page).map_err(Error::internal)?;
    Ok(list::respond(request, &bare).set_body(BoxBody::new(body)))
}

/// Lists those a customer trades with, and how much each depends on the other.
///
/// A pair that trades in both directions is one partner. Sorted by business unless told otherwise;
/// filters and sorting on business, shipments, `share_of_partner`, `last_on`, `partner_id`.
#[utoipa::path(tag = "network", params(("id" = String, Path, description = "The customer: a number or ext:SYSTEM:ID"), PageParams, WindowParams), responses((status = 200, description = "A page of partners", body = PartnerPage), (status = 404, description = "No such customer", body = crate::error::Problem)))]
#[get("/customers/{id}/partners")]
async fn list_partners(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let wanted = read_list(&request, &state, &pages::PARTNERS, &[])?;
    let page = ask(&state, &live, wanted.window, move |conn, copy| {
        let customer = find(conn, &reference, &caller.teams)?.id;
        let visible = Visible::of(conn, &caller.teams)?;
        let (seen, unseen): (Vec<_>, Vec<_>) = copy
            .network
            .partners(customer, copy.basis)
            .into_iter()
            .partition(|partner| visible.allows(partner.customer));
        let mut hidden = HiddenPartners::default();
        for partner in &unseen {
            hidden.add(partner);
        }
        let id = |partner: &Partner<'_>| partner.customer.0;
        let rows = pages::page(seen, &wanted.list.listing, partner_field, id);
        let ids: Vec<_> = rows.iter().map(|partner| partner.customer).collect();
        let names = names_of(conn, &ids)?;
        let key = |row: &Partner<'_>, sort: &'static str| (partner_field(row, sort), id(row));
        let page = wanted.list.page(rows, key, |partner| {
            let name = names.get(&partner.customer).cloned().unwrap_or_default();
            PartnerView::of(&partner, name)
        });
        Ok(PartnerPage {
            frame: Frame::of(copy),
            customer_id: customer,
            business: copy.network.business_of(customer, copy.basis),
            data: page.data,
            hidden,
            next_cursor: page.next_cursor,
        })
    })
    .await?;
    respond(&request, &page, page.next_cursor.as_ref())
}

fn partner_field(partner: &Partner<'_>, name: &str) -> Value {
    match name {
        "shipments" => Value::Int(i64::try_from(shipments_of(partner)).unwrap_or(i64::MAX)),
        "share_of_partner" => Value::Real(partner.share_of_partner),
        "last_on" => Value::Date(last_on(partner).unwrap_or_default()),
        "partner_id" => Value::Int(partner.customer.0),
        _ => Value::Real(partner.business),
    }
}

/// Shows the customers within some ties of a customer, and the links among them.
#[utoipa::path(tag = "network", params(("id" = String, Path, description = "The customer: a number or ext:SYSTEM:ID"), ReachParams, WindowParams), responses((status = 200, description = "The neighbourhood", body = NeighbourhoodView), (status = 404, description = "No such customer", body = crate::error::Problem)))]
#[get("/customers/{id}/neighbourhood")]
async fn show_neighbourhood(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let numbers = [("depth", DEPTH, 1), ("limit", NEIGHBOURS, USUAL_NEIGHBOURS)];
    let (window, [depth, limit]) = read_question(&request, &state, numbers)?;
    let answer = ask(&state, &live, window, move |conn, copy| {
        let customer = find(conn, &reference, &caller.teams)?.id;
        let visible = Visible::of(conn, &caller.teams)?;
        let reach = Reach {
            depth,
            limit: limit as usize,
            basis: copy.basis,
        };
        let network = &copy.network;
        let found = network.neighbourhood(customer, reach, |id| visible.allows(id));
        let ids: Vec<_> = found.customers.iter().map(|(id, _)| *id).collect();
        let mut names = names_of(conn, &ids)?;
        let neighbour = |(id, distance)| Neighbour {
            id,
            name: names.remove(&id).unwrap_or_default(),
            distance,
            business: network.business_of(id, copy.basis),
        };
        Ok(NeighbourhoodView {
            frame: Frame::of(copy),
            customer_id: customer,
            depth,
            customers: found.customers.into_iter().map(neighbour).collect(),
            links: found
                .links
                .into_iter()
                .map(|link| neighbour_link(link, copy))
                .collect(),
            truncated: found.truncated,
            hidden: found.hidden,
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(answer))
}

fn neighbour_link(link: &LinkMeasures, copy: &Compiled) -> NeighbourLink {
    NeighbourLink {
        shipper_id: link.shipper,
        consignee_id: link.consignee,
        shipments: link.shipments,
        business: link.business(copy.basis),
        last_on: link.last_on,
    }
}

/// Shows how much a customer's business hangs on few partners.
#[utoipa::path(tag = "network", params(("id" = String, Path, description = "The customer: a number or ext:SYSTEM:ID"), WindowParams), responses((status = 200, description = "Its concentration", body = CustomerConcentration), (status = 404, description = "No such customer", body = crate::error::Problem)))]
#[get("/customers/{id}/concentration")]
async fn show_customer_concentration(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let (window, []) = read_question(&request, &state, [])?;
    let answer = ask(&state, &live, window, move |conn, copy| {
        let customer = find(conn, &reference, &caller.teams)?.id;
        let visible = Visible::of(conn, &caller.teams)?;
        let partners = copy.network.partners(customer, copy.basis);
        let top = partners.first().filter(|top| top.business > 0.0);
        let top = top.filter(|top| visible.allows(top.customer));
        Ok(CustomerConcentration {
            frame: Frame::of(copy),
            customer_id: customer,
            business: copy.network.business_of(customer, copy.basis),
            concentration: copy.network.concentration_of(customer, copy.basis),
            top_partner: top.map(|top| named(conn, top.customer)).transpose()?,
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// Lists links with what went over them, by shipper and consignee.
///
/// Filters on `shipper_id` and `consignee_id`; sorting by `shipper_id` (then consignee).
#[utoipa::path(tag = "network", params(PageParams, WindowParams), responses((status = 200, description = "A page of links", body = LinkPage)))]
#[get("/links")]
async fn list_links(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = read_list(&request, &state, &pages::LINKS, &[])?;
    let page = ask(&state, &live, wanted.window, move |conn, copy| {
        let visible = Visible::of(conn, &caller.teams)?;
        let (rows, hidden) = pages::links(&copy.network, &wanted.list.listing, &visible);
        let ids: Vec<_> = rows
            .iter()
            .flat_map(|link| [link.shipper, link.consignee])
            .collect();
        let names = names_of(conn, &ids)?;
        let name = |id: CustomerId| names.get(&id).cloned().unwrap_or_default();
        let key = |link: &&LinkMeasures, _| (Value::Int(link.shipper.0), link.consignee.0);
        let page = wanted.list.page(rows, key, |link| LinkView {
            shipper_name: name(link.shipper),
            consignee_name: name(link.consignee),
            business: link.business(copy.basis),
            measures: link.clone(),
        });
        Ok(LinkPage {
            frame: Frame::of(copy),
            data: page.data,
            hidden,
            next_cursor: page.next_cursor,
        })
    })
    .await?;
    respond(&request, &page, page.next_cursor.as_ref())
}

/// Shows a link: what went over it in the window and in each month, and what its ends depend on it.
#[utoipa::path(tag = "network", params(("shipper_id" = String, Path, description = "The shipper: a number or ext:SYSTEM:ID"), ("consignee_id" = String, Path, description = "The consignee: a number or ext:SYSTEM:ID"), WindowParams), responses((status = 200, description = "The link", body = LinkDetail), (status = 404, description = "No such customer, or nothing went over the link in the window", body = crate::error::Problem)))]
#[get("/links/{shipper_id}/{consignee_id}")]
async fn show_link(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
    ends: web::Path<(String, String)>,
) -> Answer<HttpResponse> {
    let shipper = Reference::parse(&ends.0)?;
    let consignee = Reference::parse(&ends.1)?;
    let (window, []) = read_question(&request, &state, [])?;
    let answer = ask(&state, &live, window, move |conn, copy| {
        let shipper = find(conn, &shipper, &caller.teams)?;
        let consignee = find(conn, &consignee, &caller.teams)?;
        detail(conn, copy, shipper, consignee)
    })
    .await?;
    Ok(HttpResponse::Ok().json(answer))
}

fn detail(
    conn: &mut Conn,
    copy: &Compiled,
    shipper: CustomerBrief,
    consignee: CustomerBrief,
) -> Answer<LinkDetail> {
    let ends = (shipper.id, consignee.id);
    let months = store::months_of_link(conn, ends, copy.window.from(), copy.window.to())?;
    // Summed from the months, so that one answer agrees with itself whatever is being written.
    let mut sum: Option<LinkMeasures> = None;
    for (_, measures) in &months {
        match &mut sum {
            Some(sum) => sum.absorb(measures).map_err(Error::internal)?,
            None => sum = Some(measures.clone()),
        }
    }
    let nothing = || Error::not_found("traffic on link", format!("{}/{}", ends.0, ends.1));
    let measures = sum.ok_or_else(nothing)?;
    let business = measures.business(copy.basis);
    let share_of = |end| share(business, copy.network.business_of(end, copy.basis));
    Ok(LinkDetail {
        frame: Frame::of(copy),
        share_of_shipper: share_of(ends.0),
        share_of_consignee: share_of(ends.1),
        link: LinkView {
            measures,
            shipper_name: shipper.name,
            consignee_name: consignee.name,
            business,
        },
        months: months
            .into_iter()
            .map(|(month, measures)| LinkMonth { month, measures })
            .collect(),
    })
}

/// Lists the groups of customers that hang together by trade, with no trade between groups.
///
/// Largest first unless told otherwise; filters and sorting on customers, links, business,
/// `first_customer_id`. Needs a key that is not limited to teams.
#[utoipa::path(tag = "network", params(PageParams, WindowParams, ("members" = Option<u32>, Query, description = "Members shown of each, those with the most business; default 10", minimum = 0, maximum = 100)), responses((status = 200, description = "A page of components", body = ComponentPage)))]
#[get("/network/components")]
async fn list_components(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let wanted = read_list(&request, &state, &pages::COMPONENTS, &["members"])?;
    let page = ask(&state, &live, wanted.window, move |conn, copy| {
        let all = copy.components();
        let rows = all.iter().map(|group| Group::of(group, copy)).collect();
        let rows = pages::page(rows, &wanted.list.listing, Group::field, |group| {
            group.first().0
        });
        let key = |group: &Group<'_>, sort: &'static str| (group.field(sort), group.first().0);
        let page = wanted.list.page(rows, key, |group| group);
        let groups = page.data.iter();
        let views = groups.map(|group| show_group(conn, copy, group, wanted.members));
        Ok(ComponentPage {
            frame: Frame::of(copy),
            components: all.len(),
            data: views.collect::<Answer<_>>()?,
            next_cursor: page.next_cursor,
        })
    })
    .await?;
    respond(&request, &page, page.next_cursor.as_ref())
}

/// Shows a component with the names of its largest members.
fn show_group(
    conn: &mut Conn,
    copy: &Compiled,
    group: &Group<'_>,
    members: usize,
) -> Answer<ComponentView> {
    let largest = group.largest(copy, members);
    let mut names = names_of(conn, &largest)?;
    let member = |id| Named {
        id,
        name: names.remove(&id).unwrap_or_default(),
    };
    Ok(ComponentView {
        first_customer_id: group.first(),
        customers: group.component.customers.len(),
        links: group.component.links,
        business: group.business,
        share_of_business: share(group.business, copy.network.business(copy.basis)),
        members: largest.into_iter().map(member).collect(),
    })
}

/// Shows how much our own business hangs on few customers.
///
/// Needs a key that is not limited to teams.
#[utoipa::path(tag = "network", params(WindowParams), responses((status = 200, description = "The network's concentration", body = NetworkConcentration)))]
#[get("/network/concentration")]
async fn show_concentration(
    state: web::Data<AppState>,
    live: web::Data<LiveNetwork>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (window, []) = read_question(&request, &state, [])?;
    let answer = ask(&state, &live, window, move |conn, copy| {
        let network = &copy.network;
        let top = network.largest(copy.basis);
        Ok(NetworkConcentration {
            frame: Frame::of(copy),
            customers: network.customers().len(),
            links: network.links().len(),
            business: network.business(copy.basis),
            concentration: network.concentration(copy.basis),
            top_customer: top.map(|top| named(conn, top)).transpose()?,
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(answer))
}
