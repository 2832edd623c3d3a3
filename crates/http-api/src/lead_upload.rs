//! Enrolment: leads as JSON, or a CSV file in a form.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    web::{self, Bytes, BytesMut},
};
use branchline_domain::id::{ImportId, LeadId, WorkflowId};
use branchline_engine::{
    EngineError,
    command::{Caller, Duplicates, EnrolRequest, Enrolled, NewLead},
};
use futures_util::StreamExt;
use serde::Serialize;

use crate::{
    ApiState,
    enrolments::Begun,
    error_mapping::Refusal,
    headers::{self, Write, media_type, organisation, state},
    json::Fields,
    lead_file,
    paths::id,
    problem::{Answer, FieldFault, Problem},
    query::Query,
    workflows::find,
};

/// Longest name of a file that is kept. Unit: characters.
const FILE_NAME_CHARS_MAX: usize = 200;

/// What came of an enrolment, as JSON.
#[derive(Debug, Serialize)]
struct EnrolledShape {
    leads_enrolled: usize,
    duplicates_skipped: u32,
    lead_ids: Vec<LeadId>,
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

/// `POST /v1/workflows/{workflow}/leads?duplicates=skip|reject|allow`
///
/// JSON `{leads: [{phone_number, variables?, notes?}]}`, a form with a CSV `file`, or the CSV
/// itself as `text/csv`. 201 with the ids; 400 with every faulty row, and nobody is enrolled; 404;
/// 409 on a final workflow; 413; 415.
pub(crate) async fn enrol(request: HttpRequest, payload: web::Payload) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    let mut query = Query::of(&request)?;
    let duplicates = duplicates(&mut query);
    query.finish()?;
    let organisation = organisation(&request);
    let engine = &state(&request)?.engine;
    engine.read(|projections| find(projections, organisation, workflow).map(|_| ())).await??;
    let limit = state(&request)?.limits.file_max_bytes;
    let mut payload = payload.into_inner();
    let (caller, leads, file_name) = match media_type(&request).as_deref() {
        Some("application/json") => {
            let write = Write::from_request(&request, &mut payload).await?;
            let leads = read_json(write.fields()?)?;
            (write.caller, leads, None)
        }
        Some("text/csv") => {
            let file = headers::collect(&request, &mut payload, limit).await?;
            (headers::caller(&request, &file)?, read_file(file).await?, None)
        }
        Some("multipart/form-data") => {
            let form = Multipart::new(request.headers(), payload);
            let (file, name) = file_of(form, limit).await?;
            (headers::caller(&request, &file)?, read_file(file).await?, name)
        }
        other => {
            let taken = "application/json, a multipart/form-data `file`, or text/csv";
            return Err(headers::unsupported(other, taken));
        }
    };
    let wanted = EnrolRequest { leads, duplicates, file_name };
    let enrolled = enrol_once(state(&request)?, caller, workflow, wanted).await?;
    Ok(HttpResponse::Created().json(EnrolledShape::from(enrolled)))
}

/// Enrols, once for one idempotency key. A single lead's key is kept in the journal; that of a list
/// is kept here.
async fn enrol_once(
    state: &ApiState,
    caller: Caller,
    workflow: WorkflowId,
    wanted: EnrolRequest,
) -> Result<Enrolled, Problem> {
    let engine = state.engine.clone();
    let place = match caller.idempotency.as_ref().filter(|_| wanted.leads.len() > 1) {
        Some(key) => match state.enrolments.begin(caller.organisation, key)? {
            Begun::Repeat(answer) => return Ok(Enrolled::clone(&answer)),
            Begun::First(place) => Some(place),
        },
        None => None,
    };
    // On its own: a caller that goes away and comes back shall find the answer.
    let enrolling = actix_web::rt::spawn(async move {
        let enrolled = engine.enrol(&caller, workflow, wanted).await?;
        if let Some(place) = place {
            place.keep(&enrolled);
        }
        Ok::<_, EngineError>(enrolled)
    });
    enrolling.await.map_or_else(|_| Err(EngineError::ShuttingDown.into()), |done| Ok(done?))
}

fn duplicates(query: &mut Query) -> Duplicates {
    match query.text("duplicates").as_deref() {
        None | Some("skip") => Duplicates::Skip,
        Some("reject") => Duplicates::Reject,
        Some("allow") => Duplicates::Allow,
        Some(_) => {
            query.fault("duplicates", "must be skip, reject or allow");
            Duplicates::Skip
        }
    }
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

/// Reads a file away from the threads that answer requests: it may be long.
async fn read_file(file: Bytes) -> Result<Vec<NewLead>, Problem> {
    let read = web::block(move || lead_file::read_csv(&file)).await.map_err(|error| {
        tracing::error!(%error, "a file of leads could not be read in the background");
        Problem::from(EngineError::ShuttingDown)
    })?;
    read.map_err(|file| EngineError::Rows { faults: file.faults }.into())
}

fn bad_form(detail: impl Into<String>) -> Problem {
    let fault = FieldFault { detail: detail.into(), ..FieldFault::default() };
    Problem::invalid(Refusal::InvalidForm, vec![fault])
}

/// Takes the one `file` out of a form.
async fn file_of(mut form: Multipart, limit: usize) -> Result<(Bytes, Option<String>), Problem> {
    let mut file = None;
    while let Some(field) = headers::in_time(form.next()).await? {
        let field = field.map_err(broken)?;
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let shown: String = name.chars().take(80).collect();
            return Err(bad_form(format!("the form has a field `{shown}`: only `file` is taken")));
        }
        if file.is_some() {
            return Err(bad_form("the form has more than one `file`"));
        }
        let file_name = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .and_then(base_name);
        file = Some((collect_field(field, limit).await?, file_name));
    }
    file.ok_or_else(|| bad_form("the form has no `file`"))
}

async fn collect_field(mut field: Field, limit: usize) -> Result<Bytes, Problem> {
    let mut file = BytesMut::new();
    while let Some(chunk) = headers::in_time(field.next()).await? {
        let chunk = chunk.map_err(broken)?;
        if file.len() + chunk.len() > limit {
            return Err(headers::too_large(limit));
        }
        file.extend_from_slice(&chunk);
    }
    Ok(file.freeze())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn broken(error: MultipartError) -> Problem {
    let detail = format!("the form cannot be read: {error}");
    Problem { detail: detail.clone(), ..Problem::of(Refusal::InvalidForm, detail) }
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
