//! Schemas of ids, instants, values and words: what answers and bodies are made of.

use branchline_domain::{
    call_status::CallStatus as Status,
    graph::{
        Day, FaultCode, Logic as Joined, NodeType as Kind, Operator as Asked, TimeSource as Source,
        TimeUnit as Unit,
    },
    id,
    lead::{ApplicationOutcome, GuardCode, HoldCode, LeadStatus as Stand, Remedy as Cure},
    organisation::{
        ApiKeyStatus as Ends, ProviderEventState as Became, Scope as May,
        UnmatchedReason as Unmatched,
    },
    provider::WordSource as Set,
    workflow::{Control as Button, WorkflowStatus as State},
};
use branchline_projections::{self as projections, DispatchStage, SortKey, history::MoveCause};
use serde::Serialize;
use serde_json::{Value, json};

use crate::insights::Table;

use super::notation::{schemas, such_as, text, words};

/// A prefix and a UUID. Bare UUIDs are read too, and never written.
fn uuid_id(prefix: &str) -> Value {
    let hex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let example = format!("{prefix}0192f3a1-0000-7000-8000-000000000007");
    such_as(json!({ "type": "string", "pattern": format!("^{prefix}{hex}$") }), json!([example]))
}

/// The words that JSON has for the values of an enumeration.
fn words_of<T: Serialize>(all: impl IntoIterator<Item = T>) -> Value {
    let words = all.into_iter().map(|value| serde_json::to_value(value).unwrap_or_default());
    json!({ "type": "string", "enum": words.collect::<Vec<_>>() })
}

/// The names of an order, each for both directions.
fn either_way<S: SortKey>() -> Value {
    let names = S::ALL.iter().flat_map(|&(name, _)| [name.to_owned(), format!("-{name}")]);
    json!({ "type": "string", "enum": names.collect::<Vec<_>>() })
}

schemas! {
    /// Id of a workflow.
    WorkflowId = uuid_id(id::WorkflowId::PREFIX);
    /// Id of a node of a workflow's graph.
    NodeId = uuid_id(id::NodeId::PREFIX);
    /// Id of an edge of a workflow's graph.
    EdgeId = uuid_id(id::EdgeId::PREFIX);
    /// Id of a lead: one person enrolled in one workflow.
    LeadId = uuid_id(id::LeadId::PREFIX);
    /// Id of an enrolment of many leads.
    ImportId = uuid_id(id::ImportId::PREFIX);
    /// Id of an organisation.
    OrganisationId = uuid_id(id::OrganisationId::PREFIX);
    /// Id of an API key: its name, not what it opens with.
    ApiKeyId = uuid_id(id::ApiKeyId::PREFIX);
    /// Id of a message of a telephony provider that could not be used.
    ProviderEventId = uuid_id(id::ProviderEventId::PREFIX);
    /// Short name of a telephony provider.
    ProviderName = such_as(
        json!({ "type": "string", "pattern": "^[a-z][a-z0-9._-]{0,31}$" }),
        json!(["twilio"]),
    );
    /// Why a message of a provider could not be used.
    UnmatchedReason = words_of(Unmatched::ALL);
    /// What became of a message that could not be used.
    ProviderEventState = words_of(Became::ALL);
    /// What messages of providers are sorted by; with `-` the newest first.
    ProviderEventSort = either_way::<projections::ProviderEventSort>();
    /// What a provider's word means: a status of a call, or to ignore it.
    WordMeaning = words(Status::ALL.map(Status::as_str).into_iter().chain(["ignore"]));
    /// Where a row of a word table comes from.
    WordSource = words_of([Set::BuiltIn, Set::Organisation]);
    /// What came of what a provider told.
    ProviderOutcome = words(["reported", "ignored", "kept"]);
    /// What a key may do; none implies another.
    Scope = words_of(May::ALL);
    /// Whether a key opens something.
    ApiKeyStatus = words_of([Ends::Live, Ends::Expired, Ends::Revoked]);
    /// What keys are sorted by; with `-` the newest first.
    ApiKeySort = either_way::<projections::ApiKeySort>();
    /// What refused actions are sorted by; with `-` the newest first.
    RefusalSort = either_way::<projections::RefusalSort>();
    /// Id of a call: the lead's UUID, and the number of the call in the lead's life.
    CallId = such_as(
        json!({
            "type": "string",
            "pattern":
                "^call_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}_[1-9][0-9]{0,9}$",
        }),
        json!(["call_0192f3a1-0000-7000-8000-000000000007_1"]),
    );
    /// An instant, RFC 3339. Answers have it in UTC with at least milliseconds.
    Timestamp = such_as(
        json!({ "type": "string", "format": "date-time" }),
        json!(["2026-11-24T09:30:00.250Z"]),
    );
    /// Where a list goes on: the `next_cursor` of an earlier answer of the same list. Opaque.
    ListCursor = text();
    /// What workflows are sorted by; with `-` the greatest first.
    WorkflowSort = either_way::<projections::WorkflowSort>();
    /// What leads are sorted by; with `-` the greatest first. Leads that came to no node are last.
    LeadSort = either_way::<projections::LeadSort>();
    /// What calls are sorted by; with `-` the greatest first. Calls that have not ended are last.
    CallSort = either_way::<projections::CallSort>();
    /// What imports are sorted by; with `-` the newest first.
    ImportSort = either_way::<projections::ImportSort>();
    /// A place in the journal: the events after it come next.
    EventCursor = such_as(
        json!({ "type": "string", "pattern": "^0-[0-9]{1,18}$" }),
        json!(["0-0"]),
    );
    /// The `id` of the last event that came; empty for none.
    LastEventId = json!({ "type": "string", "pattern": "^(0-[0-9]{1,18})?$" });
    /// A text, an exact number of at most 30 digits, or yes and no.
    Scalar = json!({ "type": ["string", "number", "boolean"] });
    /// Named values: variables of a lead, attributes of a call. A name has 1 to 64 characters.
    Values = such_as(
        json!({ "type": "object", "additionalProperties": super::notation::of::<Scalar>() }),
        json!([{ "name": "Asha", "age": 41, "owner": true }]),
    );
    /// Status of a workflow.
    WorkflowStatus = words(State::ALL.map(State::as_str));
    /// The one button that a workflow has.
    WorkflowControl = words_of(Button::ALL);
    /// Status of a lead.
    LeadStatus = words(Stand::ALL.map(Stand::as_str));
    /// Why a lead stays where it is although its step has something to say.
    HoldReason = words(HoldCode::ALL.map(HoldCode::as_str));
    /// Status of a call. The first final one wins: `completed` and all after it in this list.
    CallStatus = words(Status::ALL.map(Status::as_str));
    /// A lead's status, or that it was removed.
    LeadStatusFilter =
        words(Stand::ALL.map(Stand::as_str).into_iter().chain(["removed"]));
    /// Why leads are held; `true` and `any` for any reason.
    HeldFilter =
        words(["true", "any"].into_iter().chain(HoldCode::ALL.map(HoldCode::as_str)));
    /// A table of insights.
    InsightsTable = words(Table::ALL.map(Table::as_str));
    /// How an export is written.
    ExportFormat = words(["jsonl", "blocks"]);
    /// How far the dialling of a call has come.
    CallDispatch = words_of(DispatchStage::ALL);
    /// What came of a try of an application step.
    TryOutcome = words_of(ApplicationOutcome::ALL);
    /// What made a lead move.
    TransitionCause = words_of(MoveCause::ALL);
    /// What kind of thing holds a lead.
    GuardKind = words_of(GuardCode::ALL);
    /// What clears a guard, for programs.
    Remedy = words_of(Cure::ALL);
    /// What is wrong with a graph, or doubtful.
    GraphFaultCode = words_of(FaultCode::ALL);
    /// The kind of step a node is. It never changes.
    NodeType = words(Kind::ALL.map(Kind::as_str));
    /// What a step answered, and the label of the edges that serve it: `COMPLETED`, `DNP` and `FAILED`
    /// of a call, `true` and `false` of a condition or any text of a switch, `next` of a wait,
    /// `success` and `failure` of an application.
    Output = such_as(text(), json!(["COMPLETED", "DNP", "true"]));
    /// How conditions are joined.
    Logic = words_of(Joined::ALL);
    /// What a condition asks.
    Operator = words_of(Asked::ALL);
    /// Unit of a wait.
    TimeUnit = words_of(Unit::ALL);
    /// Where a wait takes its end from.
    TimeSource = words_of(Source::ALL);
    /// A day of the week.
    Weekday = words_of(Day::ALL);
}
