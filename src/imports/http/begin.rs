//! The endpoint that takes a file and begins to import it.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{ImportView, no_import};
use crate::access::audit::Actor;
use crate::access::{Caller, guard};
use crate::api::body::expect_type;
use crate::db::{DbError, UtcTime};
use crate::error::{Answer, Error, Problem, ProblemPart};
use crate::ids::ImportId;
use crate::imports::error::FileError;
use crate::imports::mapping::{Format, Mapping};
use crate::imports::read::ShipmentReader;
use crate::imports::run::progress::Progress;
use crate::imports::run::{self, Place, Request};
use crate::imports::running::{Running, Slot};
use crate::imports::store;
use crate::imports::upload::{self, Upload};
use crate::state::AppState;

/// Imports that run at once in a process at most; on SQLite one, as it keeps the only writer.
const AT_ONCE: usize = 2;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_import);
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
