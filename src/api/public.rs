//! What the pages behind personal links share: how they are sent, the forms they take, and patience
//! with wrong links.
//!
//! ```text
//! link ─ genuine? ─ no ─> unknown_link: counted per address, 404 or 429
//!           └─ yes ─> Form ─> the feature's page ─> html
//! ```
//!
//! Nobody is logged in here and no script runs; a page tells nothing but what its link's holder was
//! told by mail already. Reading a page changes nothing: mail programs open links by themselves.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, web};
use askama::Template;
use futures_util::future::LocalBoxFuture;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::body;
use crate::error::{Answer, Error};
use crate::i18n::{Args, Key, Language, TextError, Texts, Value, key, preferred_language};

/// The largest form, in bytes: eleven texts of 10,000 Chinese characters, nine bytes each on the way.
pub const FORM_LIMIT: usize = 1 << 20;
/// Wrong links an address may try in a minute.
pub const FAILED_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Addresses remembered before those that have been quiet are forgotten.
const REMEMBERED: usize = 10_000;
/// No script, no outside resource, no frame around it; forms come back here only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// A page, found.
pub fn html(language: Language, page: String) -> HttpResponse {
    html_with(StatusCode::OK, language, page)
}

/// A page with another status.
pub fn html_with(status: StatusCode, language: Language, page: String) -> HttpResponse {
    headed(&mut HttpResponse::build(status))
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .body(page)
}

/// Sends the browser to a page after a form was taken, so that reloading sends nothing twice.
/// `location` may be relative, such as `?done=1`: a proxy's path in front then stays.
pub fn see_other(location: &str) -> HttpResponse {
    headed(&mut HttpResponse::SeeOther())
        .insert_header((header::LOCATION, location))
        .finish()
}

fn headed(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-robots-tag", "noindex"))
}

/// A page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A text is missing or lacks a value.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The template failed.
    #[error("the page's template failed: {0}")]
    Template(#[from] askama::Error),
}

impl From<PageError> for Error {
    fn from(error: PageError) -> Self {
        Self::internal(error)
    }
}

/// A text of a page.
///
/// # Errors
///
/// [`TextError`], a fault of ours.
pub fn text(
    language: Language,
    key: Key,
    values: &[(&str, Value<'_>)],
) -> Result<String, TextError> {
    let mut args = Args::with_capacity(values.len());
    for (name, value) in values {
        args.set(*name, value.clone());
    }
    Texts::embedded().get(language, key, &args)
}

/// What stands around every page; a template that extends `public/shell.html` has it as `shell`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// For the `lang` attribute.
    pub language: &'static str,
    /// For the window.
    pub title: String,
    /// What the switch of languages is called, for screen readers.
    pub languages_label: String,
    /// The same page in each language; empty where there is nothing to switch.
    pub languages: Vec<Switch>,
}

/// A link to the same page in another language.
#[derive(Clone, Debug)]
pub struct Switch {
    /// Its tag.
    pub language: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    /// Where it leads; `None` for the one that is shown.
    pub href: Option<String>,
}

impl Shell {
    /// The surroundings of a page; `rest` is what the switch of languages keeps of the query, such
    /// as `&done=1`.
    ///
    /// # Errors
    ///
    /// [`TextError`], a fault of ours.
    pub fn new(language: Language, title: String, rest: &str) -> Result<Self, TextError> {
        let languages = Language::ALL
            .into_iter()
            .map(|other| Switch {
                language: other.tag(),
                name: match other {
                    Language::En => "English",
                    Language::Zh => "中文",
                },
                href: (other != language).then(|| format!("?lang={other}{rest}")),
            })
            .collect();
        Ok(Self {
            language: language.tag(),
            title,
            languages_label: text(language, key("public-languages"), &[])?,
            languages,
        })
    }
}

/// A page that says something in a few sentences.
#[derive(Clone, Debug, Template)]
#[template(path = "public/notice.html")]
pub struct Notice {
    /// Around it.
    pub shell: Shell,
    /// How it is meant.
    pub mood: Mood,
    /// Said large.
    pub heading: String,
    /// A paragraph each.
    pub paragraphs: Vec<String>,
    /// What a form brought that was not taken, to be copied.
    pub kept: Option<Kept>,
    /// What can be done here, by form.
    pub button: Option<Button>,
    /// Somewhere to go on to.
    pub link: Option<Link>,
}

/// What somebody typed in vain.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Stands above it.
    pub heading: String,
    /// Each field's label, and what was in it.
    pub fields: Vec<(String, String)>,
}

impl Kept {
    /// These fields; `None` if there are none.
    ///
    /// # Errors
    ///
    /// [`TextError`], a fault of ours.
    pub fn of(
        language: Language,
        fields: Vec<(String, String)>,
    ) -> Result<Option<Self>, TextError> {
        if fields.is_empty() {
            return Ok(None);
        }
        let heading = text(language, key("public-kept"), &[])?;
        Ok(Some(Self { heading, fields }))
    }
}

/// How a page is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Something has been done.
    Done,
    /// Something is told or asked.
    Plain,
    /// Something does not work.
    Sorry,
}

impl Mood {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Plain => "plain",
            Self::Sorry => "sorry",
        }
    }
}

/// A form of one button.
#[derive(Clone, Debug)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// Where it goes, such as `?`: the same page.
    pub action: String,
    /// What it sends.
    pub fields: Vec<(&'static str, String)>,
}

/// A link below the text.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

impl Notice {
    /// The page of these sentences alone.
    ///
    /// # Errors
    ///
    /// [`PageError`], a fault of ours.
    pub fn new(
        language: Language,
        mood: Mood,
        heading: String,
        paragraphs: Vec<String>,
    ) -> Result<Self, PageError> {
        Ok(Self {
            shell: Shell::new(language, heading.clone(), "")?,
            mood,
            heading,
            paragraphs,
            kept: None,
            button: None,
            link: None,
        })
    }

    /// Sends it.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if the template fails.
    pub fn send(&self, status: StatusCode, language: Language) -> Answer<HttpResponse> {
        let page = self.render().map_err(PageError::from)?;
        Ok(html_with(status, language, page))
    }
}

/// The language to show a page in: the one asked for (`lang` in the query or the form), else the
/// person's own, else the one the browser likes best.
pub fn language(request: &HttpRequest, form: Option<&Form>, own: Option<Language>) -> Language {
    let query = Form::parse(request.query_string()).unwrap_or_default();
    let asked = query.get("lang").or_else(|| form?.get("lang"));
    asked
        .and_then(|tag| tag.parse().ok())
        .or(own)
        .unwrap_or_else(|| {
            let accept = request.headers().get(header::ACCEPT_LANGUAGE);
            preferred_language(
                accept
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default(),
            )
        })
}

/// What a form sent: names and values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

/// A form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Another content type.
    #[error("expected a form (application/x-www-form-urlencoded)")]
    NotAForm,
    /// More than [`FORM_LIMIT`].
    #[error("the form is larger than {FORM_LIMIT} bytes")]
    TooLarge,
    /// It ended early or is not what its type says.
    #[error("the form cannot be read")]
    Broken,
}

impl ResponseError for FormError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl Form {
    /// Reads `a=1&b=2`, percent-encoded.
    ///
    /// # Errors
    ///
    /// [`FormError::Broken`].
    pub fn parse(text: &str) -> Result<Self, FormError> {
        web::Query::<Vec<(String, String)>>::from_query(text)
            .map(|pairs| Self(pairs.into_inner()))
            .map_err(|_| FormError::Broken)
    }

    /// The value of a field; of several the last, as browsers show it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().rev();
        let (_, value) = values.find(|(field, _)| field == name)?;
        Some(value)
    }

    /// Names and values in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The field by which a mail program unsubscribes somebody with one click (RFC 8058).
pub const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");

/// The one-click message as `multipart/form-data`, which mail programs prefer; no form of ours is.
fn one_click(bytes: &[u8]) -> Result<Form, FormError> {
    let (name, value) = ONE_CLICK;
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim);
    let named = lines.any(|line| {
        line.to_ascii_lowercase()
            .contains(&format!("name=\"{}\"", name.to_ascii_lowercase()))
    });
    // `any` went as far as the name: the value stands behind it.
    if named && lines.any(|line| line == value) {
        Ok(Form(vec![(name.to_owned(), value.to_owned())]))
    } else {
        Err(FormError::NotAForm)
    }
}

/// The form of a request, or the one click of a mail program. Take it as `Result<Form, FormError>` to
/// answer mistakes with a page.
impl FromRequest for Form {
    type Error = FormError;
    type Future = LocalBoxFuture<'static, Result<Self, FormError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        const TYPE: &str = "application/x-www-form-urlencoded";
        const PARTS: &str = "multipart/form-data";
        let of_type = |wanted| body::expect_type(request, &[wanted], wanted).is_ok();
        let (typed, parts) = (of_type(TYPE), of_type(PARTS));
        let mut payload = payload.take();
        Box::pin(async move {
            use futures_util::StreamExt as _;
            if !typed && !parts {
                return Err(FormError::NotAForm);
            }
            let mut bytes = web::BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| FormError::Broken)?;
                if bytes.len() + chunk.len() > FORM_LIMIT {
                    return Err(FormError::TooLarge);
                }
                bytes.extend_from_slice(&chunk);
            }
            if parts {
                return one_click(&bytes);
            }
            let text = std::str::from_utf8(&bytes).map_err(|_| FormError::Broken)?;
            Self::parse(text)
        })
    }
}

type Limiter = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>;

/// Counts wrong links by the address they come from; app data that all workers share. Right links
/// are never counted. Behind a proxy all come from its address: then a flood of wrong links makes
/// the next wrong one a 429 instead of a 404 for everybody, and nothing else.
#[derive(Clone)]
pub struct FailedTickets(Arc<Limiter>);

impl Default for FailedTickets {
    fn default() -> Self {
        Self::new(FAILED_PER_MINUTE)
    }
}

impl FailedTickets {
    /// Lets an address try so many wrong links in a minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        Self(Arc::new(RateLimiter::dashmap(Quota::per_minute(
            per_minute,
        ))))
    }

    /// Counts a wrong link from here.
    ///
    /// # Errors
    ///
    /// The seconds to wait if there were too many.
    pub fn count(&self, from: IpAddr) -> Result<(), u64> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        self.0.check_key(&household(from)).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            wait.as_secs() + 1
        })
    }
}

/// The addresses that one customer of a provider has: one of IPv4, a /64 of IPv6.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The answer to a link that is none of ours: the same page for one that was forged and for a record
/// that does not exist; 429 after too many.
///
/// # Errors
///
/// [`Error::Internal`] if the page cannot be made.
pub fn unknown_link(request: &HttpRequest, failed: &FailedTickets) -> Answer<HttpResponse> {
    let language = language(request, None, None);
    let from = request.peer_addr().map(|peer| peer.ip());
    // A socket without addresses has one peer, so to speak.
    let from = from.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let (status, heading, sentence, wait) = match failed.count(from) {
        Ok(()) => (
            StatusCode::NOT_FOUND,
            key("public-unknown"),
            key("public-unknown-text"),
            None,
        ),
        Err(wait) => (
            StatusCode::TOO_MANY_REQUESTS,
            key("public-slow"),
            key("public-slow-text"),
            Some(wait),
        ),
    };
    let mut response = sorry(language, status, heading, sentence)?;
    if let Some(wait) = wait {
        let value = header::HeaderValue::from(wait);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
}

/// The answer to a form that cannot be read.
///
/// # Errors
///
/// [`Error::Internal`] if the page cannot be made.
pub fn bad_form(language: Language, error: FormError) -> Answer<HttpResponse> {
    let sentence = match error {
        FormError::TooLarge => key("public-form-too-large"),
        FormError::NotAForm | FormError::Broken => key("public-form-broken"),
    };
    sorry(
        language,
        error.status_code(),
        key("public-form-refused"),
        sentence,
    )
}

/// `outcome`, its error shown as a page instead of a problem for programs; the cause goes to the log.
pub fn or_sorry(request: &HttpRequest, outcome: Answer<HttpResponse>) -> HttpResponse {
    match outcome {
        Ok(response) => response,
        Err(error) => trouble(language(request, None, None), &error, Vec::new()),
    }
}

/// The page of an error, with the fields (label and value) of the form that was not taken for it; the
/// cause goes to the log.
pub fn trouble(language: Language, error: &Error, fields: Vec<(String, String)>) -> HttpResponse {
    // Logs the cause; its body is for programs.
    let plain = error.error_response();
    let page = || -> Answer<HttpResponse> {
        let words = |key| text(language, key, &[]).map_err(PageError::from);
        let sentence = vec![words(key("public-trouble-text"))?];
        let heading = words(key("public-trouble"))?;
        let mut notice = Notice::new(language, Mood::Sorry, heading, sentence)?;
        notice.kept = Kept::of(language, fields).map_err(PageError::from)?;
        notice.send(error.status_code(), language)
    };
    let Ok(mut page) = page() else {
        return plain;
    };
    if let Some(wait) = plain.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    page
}

/// A page that says what does not work.
///
/// # Errors
///
/// [`Error::Internal`] if it cannot be made.
pub fn sorry(
    language: Language,
    status: StatusCode,
    heading: Key,
    sentence: Key,
) -> Answer<HttpResponse> {
    let words = |key| text(language, key, &[]).map_err(PageError::from);
    let notice = Notice::new(
        language,
        Mood::Sorry,
        words(heading)?,
        vec![words(sentence)?],
    )?;
    notice.send(status, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_their_last_values() {
        let form = Form::parse("a=1&b=%E4%B8%AD+x&a=2&c").unwrap();
        assert_eq!(form.get("a"), Some("2"));
        assert_eq!(form.get("b"), Some("中 x"));
        assert_eq!(form.get("c"), Some(""));
        assert_eq!(form.get("d"), None);
    }

    #[test]
    fn the_one_click_of_mail_programs_is_read_in_parts_too() {
        let body = "--xyz\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                    One-Click\r\n--xyz--\r\n";
        let form = one_click(body.as_bytes()).unwrap();
        assert_eq!(form.get("List-Unsubscribe"), Some("One-Click"));
        let other = body.replace("One-Click", "Twice");
        assert_eq!(one_click(other.as_bytes()), Err(FormError::NotAForm));
        assert_eq!(one_click(b"One-Click"), Err(FormError::NotAForm));
    }

    #[test]
    fn wrong_links_are_counted_per_household() {
        let failed = FailedTickets::new(NonZeroU32::new(3).unwrap());
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::ffff".parse().unwrap();
        let other: IpAddr = "2001:db8:0:1::1".parse().unwrap();
        assert_eq!(failed.count(one), Ok(()));
        assert_eq!(failed.count(neighbour), Ok(()));
        assert_eq!(failed.count(one), Ok(()));
        // Three a minute: one comes back every 20 seconds.
        assert!((1..=20).contains(&failed.count(neighbour).unwrap_err()));
        assert_eq!(failed.count(other), Ok(()));
    }

    #[test]
    fn an_ipv4_address_counts_as_one_in_either_notation() {
        let failed = FailedTickets::new(NonZeroU32::new(1).unwrap());
        assert_eq!(failed.count("192.0.2.1".parse().unwrap()), Ok(()));
        assert!(failed.count("::ffff:192.0.2.1".parse().unwrap()).is_err());
        assert_eq!(failed.count("192.0.2.2".parse().unwrap()), Ok(()));
    }
}
