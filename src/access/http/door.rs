//! What every page behind a personal link works with.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::access::ticket::{KnownSigner, Purpose, named};
use crate::api::public::FailedTickets;
use crate::db::{Conn, DbError, UtcTime};
use crate::error::Answer;
use crate::state::AppState;

/// A request with a ticket in its address, as `{ticket}`; taken by handlers like any extractor.
pub struct Door {
    /// The database, the clock, the settings.
    pub state: web::Data<AppState>,
    /// Counts wrong links.
    pub failed: web::Data<FailedTickets>,
    /// Checks tickets.
    pub signer: web::Data<KnownSigner>,
    /// The request.
    pub request: HttpRequest,
    /// The ticket, genuine or not.
    pub ticket: String,
}

type Parts = (
    web::Data<AppState>,
    web::Data<FailedTickets>,
    web::Data<KnownSigner>,
    HttpRequest,
    web::Path<String>,
);

impl FromRequest for Door {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Parts::from_request(request, payload);
        Box::pin(async move {
            let (state, failed, signer, request, ticket) = parts.await?;
            Ok(Self {
                state,
                failed,
                signer,
                request,
                ticket: ticket.into_inner(),
            })
        })
    }
}

impl Door {
    /// The time now.
    pub fn now(&self) -> UtcTime {
        self.state.clock.now().into()
    }

    /// The record that the ticket opens, whose `nonce` is looked up by its id; `None` if the ticket is
    /// not genuine. What names no record, and what names one but is forged, cost the same look and the
    /// same comparison.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn genuine(
        &self,
        purpose: Purpose,
        nonce: impl FnOnce(&mut Conn, i64) -> Result<Option<String>, DbError> + Send + 'static,
    ) -> Answer<Option<i64>> {
        let signer = self.signer.get(&self.state).await?;
        let id = named(&self.ticket).unwrap_or_default();
        let found = self.state.db.read(move |conn| nonce(conn, id)).await?;
        let nonce = found.as_deref().unwrap_or("none");
        let accepted = signer.accepts(&self.ticket, purpose, id, nonce);
        Ok((accepted && found.is_some()).then_some(id))
    }
}
