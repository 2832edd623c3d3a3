//! Enrolment: leads as JSON, or a file in a form.

use std::{path::Path, sync::Arc};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use branchline_domain::id::{ImportId, LeadId, WorkflowId};
use branchline_engine::{
    EngineError,
    command::{Caller, Duplicates, EnrolRequest, Enrolled, ImportRequest, Imported, NewLead},
    lead_list::LeadList,
};
use futures_util::StreamExt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{
    ApiState,
    body::{self, Pace, media_type},
    connection,
    error_mapping::Refusal,
    headers::{self, Write, organisation, state},
    imports,
    json::Fields,
    lead_file::{LeadFile, UnfitFile},
    openapi::{self, bodies, names},
    paths::id,
    problem::{Answer, FieldFault, Problem},
    query::Query,
    spool::Spool,
    workflows::find,
};

/// Longest name of a file that is kept. Unit: characters.
const FILE_NAME_CHARS_MAX: usize = 200;
/// Longest `duplicates` in a form. Unit: bytes.
const WORD_BYTES_MAX: usize = 64;

/// What came of an enrolment, as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Enrolled)]
struct EnrolledShape {
    leads_enrolled: usize,
    /// Rows whose number was there already.
    duplicates_skipped: u32,
    #[schema(value_type = Vec<names::LeadId>)]
    lead_ids: Vec<LeadId>,
    /// The import; null for a list of one.
    #[schema(value_type = Option<names::ImportId>)]
    import_id: Option<ImportId>,
}

impl From<Enrolled> for EnrolledShape {
    fn from(enrolled: Enrolled) -> Self {
        Self {
            leads_enrolled: enrolled.lead_ids.len(),
            duplicates_skipped: enrolled.duplicates_skipped,
            lead_ids: enrolled.lead_ids,
            import_id: enrolled.import,
        }
    }
}

/// What somebody wants enrolled.
struct Wanted {
    caller: Caller,
    leads: Leads,
    duplicates: Option<Duplicates>,
    file_name: Option<String>,
}

enum Leads {
    /// One lead: its own record keeps its idempotency key.
    One(NewLead),
    Many(Arc<dyn LeadList>),
}

/// Enrols leads: all of them or none.
///
/// A list as JSON; a form with a CSV or XLSX `file`; or the file itself. A long list is checked,
/// and then enrolled in the background.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/leads", operation_id = "enrolLeads", tag = openapi::LEADS,
    params(("duplicates" = Option<bodies::DuplicatePolicy>, Query, description = "What to do with numbers that are there already; `skip` unless said otherwise.")),
    request_body(content(
        (bodies::Enrolment = "application/json"),
        (bodies::EnrolmentForm = "multipart/form-data"),
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses((status = 201, description = "They are enrolled.", body = EnrolledShape), (status = 202, description = "A long list: its import says how far it is.", body = imports::ImportShape, headers(("Location" = String, description = "The import.")))),
    extensions(("x-problems" = json!(["faulty_rows", "invalid_form", "invalid_value", "request_under_way", "workflow_ended", "wrong_status", "import_not_open", "lead_enrolled"]))),
)]
pub(crate) async fn enrol(request: HttpRequest, payload: web::Payload) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    let mut query = Query::of(&request)?;
    let duplicates = duplicates(&mut query);
    query.finish()?;
    match enrolled(&request, payload.into_inner(), workflow, duplicates).await? {
        Imported::Done(enrolled) => Ok(HttpResponse::Created().json(EnrolledShape::from(enrolled))),
        Imported::Running { import, .. } => {
            let place = format!("/v1/workflows/{workflow}/imports/{import}");
            let engine = &state(&request)?.engine;
            let shape = imports::shape(engine, organisation(&request), workflow, import).await?;
            Ok(HttpResponse::Accepted().insert_header((header::LOCATION, place)).json(shape))
        }
    }
}

/// Enrols the leads that a request brings. `duplicates` is what its address says.
pub(crate) async fn enrolled(
    request: &HttpRequest,
    payload: Payload,
    workflow: WorkflowId,
    duplicates: Option<Duplicates>,
) -> Result<Imported, Problem> {
    let organisation = organisation(request);
    let engine = &state(request)?.engine;
    engine.read(|projections| find(projections, organisation, workflow).map(|_| ())).await??;
    let wanted = wanted(request, payload).await?;
    if wanted.duplicates.is_some_and(|named| duplicates.is_some_and(|asked| asked != named)) {
        return Err(bad_form("`duplicates` is given twice, with different words"));
    }
    let duplicates = wanted.duplicates.or(duplicates).unwrap_or_default();
    let Wanted { caller, leads, file_name, .. } = wanted;
    Ok(match leads {
        Leads::One(lead) => {
            let leads = EnrolRequest { leads: vec![lead], duplicates, file_name };
            Imported::Done(engine.enrol(&caller, workflow, leads).await?)
        }
        Leads::Many(list) => {
            let list = ImportRequest { list, duplicates, file_name };
            engine.import(&caller, workflow, list).await?
        }
    })
}

async fn wanted(request: &HttpRequest, mut payload: Payload) -> Result<Wanted, Problem> {
    match media_type(request).as_deref() {
        Some("application/json") => {
            let write = Write::from_request(request, &mut payload).await?;
            let mut leads = read_json(write.fields()?)?;
            let only = if leads.len() == 1 { leads.pop() } else { None };
            let leads = only.map_or_else(|| Leads::Many(Arc::new(leads)), Leads::One);
            Ok(Wanted { caller: write.caller, leads, duplicates: None, file_name: None })
        }
        Some("text/csv" | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") => {
            let mut upload = Upload::to(state(request)?);
            body::pieces(request, &mut payload, upload.limit, |piece| upload.take(piece)).await?;
            upload.finish(request, None, None).await
        }
        Some("multipart/form-data") => {
            form(request, Multipart::new(request.headers(), payload)).await
        }
        other => {
            let taken =
                "application/json, a multipart/form-data `file`, text/csv, or an XLSX workbook";
            Err(body::unsupported(other, taken))
        }
    }
}

/// A file that is coming in.
struct Upload {
    spool: Spool,
    digest: Sha256,
    limit: usize,
    directory: Arc<Path>,
    workbook_bytes_max: u64,
}

impl Upload {
    fn to(state: &ApiState) -> Self {
        Self {
            spool: Spool::new(),
            digest: Sha256::new(),
            limit: state.limits.file_max_bytes,
            directory: Arc::clone(&state.uploads),
            workbook_bytes_max: state.limits.workbook_max_bytes,
        }
    }

    /// Takes the next piece. Into the page cache at most, so the thread that answers waits for it.
    fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        if self.spool.bytes() + piece.len() as u64 > self.limit as u64 {
            return Err(body::too_large(self.limit));
        }
        self.digest.update(piece);
        self.spool.write(piece, &self.directory).map_err(|error| unkept(&error))
    }

    /// All of it came. A workbook is looked at away from the threads that answer requests.
    async fn finish(
        self,
        request: &HttpRequest,
        file_name: Option<String>,
        duplicates: Option<Duplicates>,
    ) -> Result<Wanted, Problem> {
        let content: [u8; 32] = self.digest.finalize().into();
        let caller = headers::caller(request, &content)?;
        let (spooled, most) = (self.spool.finish(), self.workbook_bytes_max);
        let looked = web::block(move || LeadFile::of(spooled, most)).await.map_err(|error| {
            tracing::error!(%error, "a lead file could not be looked at in the background");
            Problem::from(EngineError::ShuttingDown)
        })?;
        let file = looked.map_err(|unfit| match unfit {
            UnfitFile::TooLarge(detail) => Problem::of(Refusal::BodyTooLarge, detail),
            UnfitFile::Io(error) => unkept(&error),
        })?;
        Ok(Wanted { caller, leads: Leads::Many(Arc::new(file)), duplicates, file_name })
    }
}

/// There is no room for an upload, or it cannot be read back.
fn unkept(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an upload cannot be kept");
    EngineError::Unavailable { reason: "the upload cannot be kept on disk".into() }.into()
}

fn policy(word: &str) -> Option<Duplicates> {
    match word {
        "skip" => Some(Duplicates::Skip),
        "reject" => Some(Duplicates::Reject),
        "allow" => Some(Duplicates::Allow),
        _ => None,
    }
}

fn duplicates(query: &mut Query) -> Option<Duplicates> {
    let word = query.text("duplicates")?;
    let duplicates = policy(&word);
    if duplicates.is_none() {
        query.fault("duplicates", "must be skip, reject or allow");
    }
    duplicates
}

fn read_json(mut fields: Fields) -> Result<Vec<NewLead>, Problem> {
    let leads = fields.objects("leads", |lead, index| {
        let phone_number = lead.required::<String>("phone_number");
        let variables = lead.values("variables");
        let notes = lead.optional("notes");
        let row = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
        Some(NewLead { phone_number: phone_number?, variables, notes, row })
    });
    fields.finish(leads)
}

fn bad_form(detail: impl Into<String>) -> Problem {
    let fault = FieldFault { detail: detail.into(), ..FieldFault::default() };
    Problem::invalid(Refusal::InvalidForm, vec![fault])
}

/// Takes the one `file` out of a form, and `duplicates` if it is there.
async fn form(request: &HttpRequest, mut form: Multipart) -> Result<Wanted, Problem> {
    let (mut file, mut duplicates) = (None, None);
    let mut pace = Pace::new(&state(request)?.limits);
    while let Some(field) = pace.next(form.next()).await? {
        let mut field = field.map_err(broken)?;
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if file.is_none() => {
                let file_name = field
                    .content_disposition()
                    .and_then(|disposition| disposition.get_filename())
                    .and_then(base_name);
                let mut upload = Upload::to(state(request)?);
                each_piece(&mut field, &mut pace, |piece| upload.take(piece)).await?;
                file = Some((upload, file_name));
            }
            "duplicates" if duplicates.is_none() => {
                let word = word(&mut field, &mut pace).await?;
                let named = policy(&word)
                    .ok_or_else(|| bad_form("`duplicates` must be skip, reject or allow"))?;
                duplicates = Some(named);
            }
            "file" | "duplicates" => {
                return Err(bad_form(format!("the form has more than one `{name}`")));
            }
            _ => {
                let shown: String = name.chars().take(80).collect();
                let detail = format!(
                    "the form has a field `{shown}`: only `file` and `duplicates` are taken"
                );
                return Err(bad_form(detail));
            }
        }
    }
    connection::body_was_read(request);
    let Some((upload, file_name)) = file else { return Err(bad_form("the form has no `file`")) };
    upload.finish(request, file_name, duplicates).await
}

async fn each_piece(
    field: &mut Field,
    pace: &mut Pace,
    mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    while let Some(piece) = pace.next(field.next()).await? {
        let piece = piece.map_err(broken)?;
        pace.note(piece.len());
        take(&piece)?;
    }
    Ok(())
}

/// A short text of a form.
async fn word(field: &mut Field, pace: &mut Pace) -> Result<String, Problem> {
    let mut word = Vec::new();
    each_piece(field, pace, |piece| {
        if word.len() + piece.len() > WORD_BYTES_MAX {
            return Err(bad_form("`duplicates` must be skip, reject or allow"));
        }
        word.extend_from_slice(piece);
        Ok(())
    })
    .await?;
    Ok(String::from_utf8_lossy(&word).trim().to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn broken(error: MultipartError) -> Problem {
    let detail = format!("the form cannot be read: {error}");
    Problem { detail: detail.as_str().into(), ..Problem::of(Refusal::InvalidForm, detail) }
}

/// The last part of a path: browsers have sent whole ones.
fn base_name(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = name.chars().filter(|c| !c.is_control()).take(FILE_NAME_CHARS_MAX).collect();
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_the_last_part_is_kept() {
        assert_eq!(base_name("C:\\Users\\a\\leads.csv").as_deref(), Some("leads.csv"));
        assert_eq!(base_name("../../leads.csv").as_deref(), Some("leads.csv"));
        assert_eq!(base_name("a/").as_deref(), None);
        assert_eq!(base_name(&"x".repeat(300)).unwrap().len(), 200);
    }

    #[test]
    fn leads_are_numbered_by_their_place_in_the_list() {
        let body = br#"{"leads": [{"phone_number": "1"},
            {"phone_number": "2", "variables": {"a": 1, "b": null}, "notes": "n"}]}"#;
        let leads = read_json(Fields::of_body(body).unwrap()).unwrap();
        assert_eq!(leads.iter().map(|lead| lead.row).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(leads[1].variables.keys().collect::<Vec<_>>(), ["a"]);
        let wrong = br#"{"leads": [{"phone": "1"}, {"phone_number": 2}]}"#;
        let problem = read_json(Fields::of_body(wrong).unwrap()).unwrap_err();
        let pointers: Vec<_> =
            problem.errors.iter().map(|fault| fault.pointer.as_deref().unwrap()).collect();
        assert_eq!(pointers, ["/leads/0/phone_number", "/leads/0/phone", "/leads/1/phone_number"]);
    }
}
