//! Endpoints for imports and saved mappings.
//!
//! Every one needs a key for every team: a file names customers of any.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, delete, get, post, put, web};
use serde::Serialize;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::error::FileError;
use super::mapping::{Format, Mapping, MappingError};
use super::read::ShipmentReader;
use super::rejects::RejectsWriter;
use super::revert::{self, Reverted};
use super::run::error::ImportError;
use super::run::progress::Progress;
use super::run::{self, Place, Request};
use super::running::{Running, Shown, Slot};
use super::store::{self, Import, SavedMapping};
use super::upload::{self, Upload};
use crate::access::Caller;
use crate::access::audit::{self, Actor, Deed};
use crate::access::guard;
use crate::api::body::{self, expect_type};
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::db::select::{self, Value};
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error, Problem, ProblemPart};
use crate::ids::ImportId;
use crate::state::AppState;

/// Imports that run at once in a process at most; on SQLite one, as it keeps the only writer.
const AT_ONCE: usize = 2;
/// Rejects that are read and sent together.
const REJECTS: i64 = 1_000;
/// Letters of a mapping's name at most.
const NAME: usize = 64;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_imports)
        .service(create_import)
        .service(find_rejects)
        .service(revert_import)
        .service(find_import)
        .service(list_mappings)
        .service(find_mapping)
        .service(put_mapping)
        .service(delete_mapping);
}

/// An import, and how far it has come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ImportView {
    #[serde(flatten)]
    import: Import,
    /// How far it has come; only while it runs, and in the process that runs it.
    progress: Option<Shown>,
}

impl ImportView {
    fn new(import: Import, running: &Running) -> Self {
        let progress = (import.status == "running").then(|| running.progress(import.id));
        Self {
            import,
            progress: progress.flatten(),
        }
    }
}

/// Lists imports, the latest first.
#[utoipa::path(tag = "imports", params(ListParams), responses((status = 200, description = "A page of imports", body = Page<ImportView>)))]
#[get("/imports")]
async fn list_imports(
    state: web::Data<AppState>,
    running: web::Data<Running>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let wanted = list::parse(&request, &store::IMPORTS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<Import> = state
        .db
        .read(move |conn| select::page(conn, &store::IMPORTS, &listing, |_| {}))
        .await?;
    let key = |row: &Import, sort: &'static str| match sort {
        "created_at" => (Value::Time(row.created_at), row.id.0),
        _ => (Value::Int(row.id.0), row.id.0),
    };
    let page = wanted.page(rows, key, |row| ImportView::new(row, &running));
    Ok(list::respond(&request, &page))
}

/// The parameters of an upload.
#[derive(Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Name of a saved mapping; by default the columns are named as our own export names them.
    mapping: Option<String>,
    /// Name of the file, for people.
    file_name: Option<String>,
    /// Whether nothing is to be written: the record then says what would have been.
    dry_run: Option<bool>,
}

impl Wanted {
    fn read(request: &HttpRequest) -> Answer<Self> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map_err(|error| Error::malformed("bad_query", error.to_string()))?;
        let (mut wanted, mut wrong) = (Self::default(), Vec::new());
        for (name, value) in pairs.into_inner() {
            let rule = match (name.as_str(), value.as_str()) {
                ("mapping", _) => {
                    wanted.mapping = Some(value);
                    continue;
                }
                ("file_name", text) if text.len() <= 255 && !text.contains('\0') => {
                    wanted.file_name = Some(value);
                    continue;
                }
                ("file_name", _) => "expected at most 255 bytes without NUL",
                ("dry_run", "true" | "false") => {
                    wanted.dry_run = Some(value == "true");
                    continue;
                }
                ("dry_run", _) => "expected true or false",
                _ => "unknown parameter; expected mapping, file_name, dry_run",
            };
            wrong.push(ProblemPart {
                pointer: name,
                code: "bad_parameter".to_owned(),
                detail: rule.to_owned(),
            });
        }
        if wrong.is_empty() {
            return Ok(wanted);
        }
        let detail: Vec<String> = wrong
            .iter()
            .map(|part| format!("{}: {}", part.pointer, part.detail))
            .collect();
        Err(Error::Malformed {
            code: "bad_parameter",
            detail: detail.join("; "),
            errors: wrong,
        })
    }
}

/// Everything an import needs, owned by the thread it runs on.
struct Job {
    mapping: Mapping,
    mapping_text: String,
    file_name: String,
    dry_run: bool,
    actor: Actor,
}

/// Takes a file of shipments and begins to import it; poll the record until it is done.
///
/// A file that cannot be read at all, or lacks columns, is refused at once (422: `file_empty`,
/// `file_binary`, `file_utf16`, `file_header`, `missing_column`, `duplicate_column`); what is found
/// later stands in the record. The same file again changes nothing.
#[utoipa::path(
    tag = "imports",
    params(Wanted),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson")), description = "The file"),
    responses(
        (status = 202, description = "The record of the import that has begun", body = ImportView, headers(("Location" = String, description = "Where to poll"))),
        (status = 503, description = "As many imports run as may, or the service is busy: `unavailable`; `Retry-After` says how long to wait", body = Problem),
    )
)]
#[post("/imports")]
async fn create_import(
    state: web::Data<AppState>,
    running: web::Data<Running>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let wanted = Wanted::read(&request)?;
    let format = format_of(&request)?;
    // Told before the file is sent, and decided when it has come.
    if !running.has_room(at_once(&state)) {
        return Err(full());
    }
    let job = job(&state, wanted, format, caller.actor()).await?;
    let upload = upload::receive(&request, payload, state.config.import_limit).await?;
    let Some(idem_key) = guard::idempotency_key(&request) else {
        return begin(&state, &running, job, upload).await;
    };
    let claim = match guard::claim_for(&request, &idem_key, &upload.digest).await? {
        Ok(claim) => claim,
        Err(replay) => return Ok(replay),
    };
    let answer = begin(&state, &running, job, upload).await;
    let answer = answer.unwrap_or_else(|error| error.error_response());
    claim
        .keep(answer)
        .await
        .map_err(|error| Error::internal(error.to_string()))
}

fn format_of(request: &HttpRequest) -> Answer<Format> {
    let types = ["text/csv", "application/x-ndjson"];
    expect_type(request, &types, "text/csv or application/x-ndjson")?;
    Ok(if expect_type(request, &types[..1], "text/csv").is_ok() {
        Format::Csv
    } else {
        Format::Ndjson
    })
}

fn at_once(state: &AppState) -> usize {
    if state.db.target().has_one_writer() {
        1
    } else {
        AT_ONCE
    }
}

fn full() -> Error {
    Error::Unavailable("as many imports run as may at once".to_owned())
}

async fn job(state: &AppState, wanted: Wanted, format: Format, actor: Actor) -> Answer<Job> {
    let (mapping, mapping_text) = match wanted.mapping {
        None => (Mapping::export(format), Mapping::export_text(format)),
        Some(name) => {
            let looked_up = name.clone();
            let saved = state
                .db
                .read(move |conn| store::mapping(conn, &looked_up))
                .await?
                .ok_or_else(|| unknown_mapping(&name))?;
            let mapping = Mapping::parse(&saved.toml)
                .map_err(|error| DbError::corrupt("import_mappings.toml", error))?;
            (mapping, saved.toml)
        }
    };
    if mapping.format() != format {
        let expected = match mapping.format() {
            Format::Csv => "text/csv, which the mapping reads",
            Format::Ndjson => "application/x-ndjson, which the mapping reads",
        };
        return Err(Error::UnsupportedMediaType { expected });
    }
    let unnamed = match format {
        Format::Csv => "upload.csv",
        Format::Ndjson => "upload.ndjson",
    };
    Ok(Job {
        mapping,
        mapping_text,
        file_name: wanted.file_name.unwrap_or_else(|| unnamed.to_owned()),
        dry_run: wanted.dry_run.unwrap_or(false),
        actor,
    })
}

fn unknown_mapping(name: &str) -> Error {
    Error::Unprocessable {
        code: "unknown_mapping",
        detail: format!("there is no mapping {name:?}: PUT it at /api/v1/import-mappings first"),
        errors: vec![ProblemPart {
            pointer: "mapping".to_owned(),
            code: "unknown_mapping".to_owned(),
            detail: "expected the name of a saved mapping".to_owned(),
        }],
    }
}

/// Begins the import of a received file on a thread of its own.
async fn begin(
    state: &AppState,
    running: &Running,
    job: Job,
    upload: Upload,
) -> Answer<HttpResponse> {
    let mut slot = running.take(at_once(state)).ok_or_else(full)?;
    let zone = state.config.time_zone;
    let Upload {
        mut file, bytes, ..
    } = upload;
    let (job, file) = web::block(move || {
        file.seek(SeekFrom::Start(0)).map_err(FileError::from)?;
        ShipmentReader::open(&file, &job.mapping, zone)?;
        file.seek(SeekFrom::Start(0)).map_err(FileError::from)?;
        Ok::<_, FileError>((job, file))
    })
    .await
    .map_err(Error::internal)??;
    let now = UtcTime::from(state.clock.now());
    let (job, import) = state
        .db
        .write(move |conn| {
            let what = (&*job.file_name, &*job.mapping_text, job.dry_run);
            let id = store::begin(conn, what, &job.actor.name, now)?;
            let import = store::find(conn, id.0)?.ok_or_else(|| no_import(id.0))?;
            Ok::<_, Error>((job, import))
        })
        .await?;
    let progress = Progress::default();
    slot.name(import.id, &progress, bytes);
    let view = ImportView::new(import, running);
    let id = view.import.id;
    start(state, id, job, file, (slot, progress)).await?;
    Ok(HttpResponse::Accepted()
        .insert_header((header::LOCATION, format!("/api/v1/imports/{id}")))
        .json(view))
}

async fn start(
    state: &AppState,
    id: ImportId,
    job: Job,
    file: File,
    (slot, progress): (Slot, Progress),
) -> Answer<()> {
    let shared = state.clone();
    let work = move || {
        let place = Place {
            db: &shared.db,
            zone: shared.config.time_zone,
            clock: &shared.clock,
        };
        let request = Request {
            file_name: &job.file_name,
            mapping_text: &job.mapping_text,
            mapping: &job.mapping,
            dry_run: job.dry_run,
            actor: job.actor,
        };
        // What goes wrong stands in the record and in the log.
        let _ = run::run(&place, id, file, &request, &progress);
        drop(slot);
    };
    let thread = std::thread::Builder::new().name(format!("import {id}"));
    if let Err(error) = thread.spawn(work) {
        let now = UtcTime::from(state.clock.now());
        state
            .db
            .write(move |conn| run::fail(conn, id, "no thread could be started", now))
            .await?;
        return Err(Error::internal(error));
    }
    Ok(())
}

/// Shows an import: what it did, or how far it has come.
#[utoipa::path(tag = "imports", params(("id" = i64, Path, description = "The import's id")), responses((status = 200, description = "The import", body = ImportView), (status = 404, description = "No such import", body = Problem)))]
#[get("/imports/{id}")]
async fn find_import(
    state: web::Data<AppState>,
    running: web::Data<Running>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let import = import(&state, *id).await?;
    Ok(HttpResponse::Ok().json(ImportView::new(import, &running)))
}

async fn import(state: &AppState, id: i64) -> Answer<Import> {
    state
        .db
        .read(move |conn| store::find(conn, id)?.ok_or_else(|| no_import(id)))
        .await
}

fn no_import(id: i64) -> Error {
    Error::not_found("import", id)
}

/// Sends back the rejected rows as CSV, to be corrected and imported again.
///
/// Two columns stand in front, the line and the reasons; the reader knows such a file by them and
/// leaves them out.
#[utoipa::path(tag = "imports", params(("id" = i64, Path, description = "The import's id")), responses((status = 200, description = "The rows, as they stood in the file", body = String, content_type = "text/csv"), (status = 404, description = "No such import", body = Problem)))]
#[get("/imports/{id}/rejects")]
async fn find_rejects(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let import = import(&state, *id).await?;
    let id = import.id;
    let mut head = RejectsWriter::new(Vec::new(), &import.columns()?).map_err(Error::internal)?;
    // A first chunk at once: an error in it still has a status to go with.
    let first = read_rejects(&state, id, 0).await?;
    let after = write_rejects(&mut head, &first)?;
    let head = Bytes::from(head.finish().map_err(Error::internal)?);
    let rest = futures_util::stream::unfold((state, after), move |(state, after)| async move {
        let after = after?;
        let chunk = async {
            let rows = read_rejects(&state, id, after).await?;
            let mut csv = RejectsWriter::behind(Vec::new());
            let after = write_rejects(&mut csv, &rows)?;
            let bytes = csv.finish().map_err(Error::internal)?;
            Ok::<_, Error>((Bytes::from(bytes), after))
        };
        Some(match chunk.await {
            Ok((bytes, after)) => (Ok(bytes), (state, after)),
            Err(error) => (Err(error), (state, None)),
        })
    });
    let body = futures_util::StreamExt::chain(futures_util::stream::iter([Ok(head)]), rest);
    let name = format!("attachment; filename=\"import-{id}.rejects.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .streaming(body))
}

type KeptRow = (i64, String, String);

async fn read_rejects(state: &AppState, id: ImportId, after: i64) -> Answer<Vec<KeptRow>> {
    let rows = state
        .db
        .read(move |conn| store::rejects_after(conn, id, after, REJECTS));
    Ok(rows.await?)
}

/// Writes rows; the line behind which the next are, or `None` after the last.
fn write_rejects(csv: &mut RejectsWriter<Vec<u8>>, rows: &[KeptRow]) -> Answer<Option<i64>> {
    for (line, reasons, cells) in rows {
        csv.write_kept(*line, reasons, cells)
            .map_err(Error::internal)?;
    }
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= REJECTS);
    Ok(rows.last().filter(|_| full).map(|(line, ..)| *line))
}

/// Takes an import back: what it created goes, what it changed is as it was.
///
/// Refused (409 `not_revertible`) for a dry run, a failed or reverted import, and where anything it
/// wrote was written again since.
#[utoipa::path(tag = "imports", params(("id" = i64, Path, description = "The import's id")), responses((status = 200, description = "What was taken back", body = Reverted), (status = 404, description = "No such import", body = Problem), (status = 409, description = "It cannot be reverted: `not_revertible`", body = Problem)))]
#[post("/imports/{id}:revert")]
async fn revert_import(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (id, zone) = (ImportId(*id), state.config.time_zone);
    let (actor, now) = (caller.actor(), UtcTime::from(state.clock.now()));
    let reverted = state
        .db
        .write(move |conn| revert::within(conn, id, zone, (&actor, now)))
        .await?;
    Ok(HttpResponse::Ok().json(reverted))
}

/// Every saved mapping.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Mappings {
    /// By name.
    data: Vec<SavedMapping>,
    /// Always `null`: there is one page.
    next_cursor: Option<String>,
}

/// Lists the saved mappings.
#[utoipa::path(tag = "imports", responses((status = 200, description = "Every saved mapping", body = Mappings)))]
#[get("/import-mappings")]
async fn list_mappings(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    if !request.query_string().is_empty() {
        return Err(Error::malformed("bad_parameter", "expected no parameters"));
    }
    let data = state.db.read(store::mappings).await?;
    Ok(HttpResponse::Ok().json(Mappings {
        data,
        next_cursor: None,
    }))
}

/// Shows a saved mapping as it was written.
#[utoipa::path(tag = "imports", params(("name" = String, Path, description = "The mapping's name")), responses((status = 200, description = "The mapping", body = String, content_type = "application/toml"), (status = 404, description = "No such mapping", body = Problem)))]
#[get("/import-mappings/{name}")]
async fn find_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    name: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let name = name.into_inner();
    let saved = state
        .db
        .read(move |conn| store::mapping(conn, &name)?.ok_or_else(|| no_mapping(&name)))
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/toml")
        .insert_header((header::ETAG, etag::of(saved.version)))
        .body(saved.toml))
}

fn no_mapping(name: &str) -> Error {
    Error::not_found("mapping", name)
}

/// Saves a mapping, in place of the one of this name.
///
/// 422 `bad_mapping` names every key that makes no sense.
#[utoipa::path(tag = "imports", params(("name" = String, Path, description = "Its name: 1 to 64 of a-z, 0-9, dot, dash and underscore")), request_body(content = String, content_type = "application/toml", description = "The mapping"), responses((status = 200, description = "It was changed, or said the same already", body = SavedMapping), (status = 201, description = "It is new", body = SavedMapping), (status = 412, description = "It has changed since: `precondition_failed`", body = Problem)))]
#[put("/import-mappings/{name}")]
async fn put_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    name: web::Path<String>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    expect_type(&request, &["application/toml"], "application/toml")?;
    let name = checked_name(name.into_inner())?;
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let toml = String::from_utf8(bytes.to_vec())
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| bad_mapping("expected UTF-8 text without NUL".to_owned(), Vec::new()))?;
    Mapping::parse(&toml)?;
    let wanted = IfMatch::of(&request);
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let (saved, new) = state
        .db
        .write(move |conn| {
            let old = check_match(conn, &name, &wanted)?;
            let new = old.is_none();
            if let Some(old) = old
                && old.toml == toml
            {
                return Ok((old, false));
            }
            let saved = store::save_mapping(conn, &name, &toml, now)?;
            let action = if new { "created" } else { "updated" };
            note_mapping(conn, &actor, action, &name, now)?;
            Ok::<_, Error>((saved, new))
        })
        .await?;
    let mut response = if new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header((header::ETAG, etag::of(saved.version)))
        .json(saved))
}

/// Forgets a saved mapping; imports keep the text they were made with.
#[utoipa::path(tag = "imports", params(("name" = String, Path, description = "The mapping's name")), responses((status = 204, description = "Forgotten"), (status = 404, description = "No such mapping", body = Problem), (status = 412, description = "It has changed since: `precondition_failed`", body = Problem)))]
#[delete("/import-mappings/{name}")]
async fn delete_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    name: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (name, wanted) = (name.into_inner(), IfMatch::of(&request));
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    state
        .db
        .write(move |conn| {
            check_match(conn, &name, &wanted)?.ok_or_else(|| no_mapping(&name))?;
            store::delete_mapping(conn, &name)?;
            note_mapping(conn, &actor, "deleted", &name, now)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn checked_name(name: String) -> Answer<String> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if (1..=NAME).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(name);
    }
    let rule = "expected 1 to 64 of a-z, 0-9, dot, dash and underscore";
    Err(Error::invalid("name", "bad_name", rule))
}

fn check_match(conn: &mut Conn, name: &str, wanted: &IfMatch) -> Answer<Option<SavedMapping>> {
    let saved = store::mapping(conn, name)?;
    match &saved {
        Some(saved) => wanted.check(saved.version)?,
        None if *wanted != IfMatch::Absent => {
            let now = "none: there is no such mapping".to_owned();
            return Err(Error::PreconditionFailed { now });
        }
        None => {}
    }
    Ok(saved)
}

fn note_mapping(
    conn: &mut Conn,
    actor: &Actor,
    action: &str,
    name: &str,
    now: UtcTime,
) -> Answer<()> {
    let deed = Deed {
        action,
        entity: "import_mapping",
        id: None,
        detail: Some(json!({ "name": name })),
    };
    Ok(audit::record(conn, actor, &deed, now)?)
}

fn bad_mapping(detail: String, errors: Vec<ProblemPart>) -> Error {
    Error::Unprocessable {
        code: "bad_mapping",
        detail,
        errors,
    }
}

impl From<MappingError> for Error {
    fn from(error: MappingError) -> Self {
        let part = |key: &str, detail: &str| ProblemPart {
            pointer: key.to_owned(),
            code: "bad_mapping".to_owned(),
            detail: detail.to_owned(),
        };
        let parts = match &error {
            MappingError::Syntax(text) => vec![part("", text)],
            MappingError::Keys(keys) => keys.iter().map(|bad| part(&bad.key, &bad.rule)).collect(),
        };
        bad_mapping(error.to_string(), parts)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        let code = match &error {
            FileError::Read(_) => return Self::internal(error),
            FileError::Empty => "file_empty",
            FileError::Binary { .. } => "file_binary",
            FileError::Utf16 => "file_utf16",
            FileError::Header { .. } => "file_header",
            FileError::MissingColumns(_) => "missing_column",
            FileError::DuplicateColumn(_) => "duplicate_column",
            FileError::UnknownColumn { .. } => "unknown_column",
            FileError::Quotes { .. } => "file_quotes",
        };
        let errors = match &error {
            FileError::MissingColumns(missing) => missing
                .iter()
                .map(|column| ProblemPart {
                    pointer: column.column.clone(),
                    code: code.to_owned(),
                    detail: column.to_string(),
                })
                .collect(),
            _ => Vec::new(),
        };
        Self::Unprocessable {
            code,
            detail: error.to_string(),
            errors,
        }
    }
}

impl From<ImportError> for Error {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::File(error) => error.into(),
            ImportError::Db(error) => error.into(),
            ImportError::NotFound(id) => no_import(id),
            ImportError::NotRevertible { .. } => {
                Self::conflict("not_revertible", error.to_string())
            }
            other => Self::internal(other),
        }
    }
}
