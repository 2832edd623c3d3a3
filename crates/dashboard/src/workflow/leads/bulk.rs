//! One action on all leads of a filter: first what it would do, then, part by part, the doing.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use branchline_domain::{
    graph::{Graph, NodeType},
    id::{LeadId, WorkflowId},
    lead::Resolution,
    organisation::Scope,
    output::Output,
};
use branchline_engine::{
    batch::{BATCH_MAX, BatchFilter, BatchForecast, LeadBatch},
    command::LeadAction,
};
use branchline_http_api::pages::{self, Fault, Visitor};
use maud::{Markup, html};

use super::{
    super::{
        Head, Tab,
        actions::{Outcome, outcome},
        find, tabs,
    },
    filter::{Filter, label},
};
use crate::{
    live::Topic,
    shell::{
        Form, Frame, PageAnswer, PageError, Section, fault, hold_in_words, id, number, once,
        parameter, plural, query,
    },
};

/// The name in the journal of refused actions.
const NAME: &str = "lead.act_on_many";

/// Leads of a part: one press of the button. As many as a request may have.
const PART: usize = BATCH_MAX;

/// What is asked, as the address or the form says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    filter: Filter,
    action: Option<LeadAction>,
    /// Where the part before ended.
    after: Option<LeadId>,
    /// What came of the parts before: done, unchanged, refused.
    results: Option<[u64; 3]>,
}

const RESULTS: [&str; 3] = ["done", "unchanged", "refused"];

impl Asked {
    /// Reads the fields; `get` finds one that is not empty.
    ///
    /// # Errors
    ///
    /// 400 for a value that means nothing.
    fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let filter = Filter::read(&get)?;
        let action = match get("action").as_deref() {
            None => None,
            Some("redial") => Some(LeadAction::Resolve(Resolution::Redial)),
            Some("remove") => Some(LeadAction::Remove),
            Some("resolve") => {
                let output = get("output")
                    .ok_or_else(|| Fault::invalid("output: say which outcome is taken"))?;
                Some(LeadAction::Resolve(Resolution::Output(Output::from(output.as_str()))))
            }
            Some("move_to") => {
                let node = get("to").and_then(|text| text.parse().ok());
                let node = node.ok_or_else(|| Fault::invalid("to: say which step they go to"))?;
                Some(LeadAction::MoveTo { node })
            }
            Some(other) => {
                let shown: String = other.chars().take(80).collect();
                return Err(Fault::invalid(format!("action: `{shown}` is none of these")));
            }
        };
        let after = match get("after") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| Fault::invalid("after: is no lead"))?),
        };
        let [done, unchanged, refused] =
            RESULTS.map(|name| get(name).and_then(|text| text.parse::<u64>().ok()));
        let results = done
            .zip(unchanged)
            .zip(refused)
            .map(|((done, unchanged), refused)| [done, unchanged, refused]);
        Ok(Self { filter, action, after, results })
    }

    /// All of it, as an address or hidden fields have it.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = self.filter.fields();
        match &self.action {
            None => {}
            Some(LeadAction::Resolve(Resolution::Output(output))) => {
                fields.push(("action", "resolve".into()));
                fields.push(("output", output.to_string()));
            }
            Some(LeadAction::Resolve(Resolution::Redial | Resolution::ReleaseAt(_))) => {
                fields.push(("action", "redial".into()));
            }
            Some(LeadAction::MoveTo { node }) => {
                fields.push(("action", "move_to".into()));
                fields.push(("to", node.to_string()));
            }
            Some(LeadAction::Remove | LeadAction::Edit { .. }) => {
                fields.push(("action", "remove".into()));
            }
        }
        fields.extend(self.after.map(|after| ("after", after.to_string())));
        if let Some(results) = self.results {
            fields.extend(RESULTS.into_iter().zip(results.map(|count| count.to_string())));
        }
        fields
    }

    fn batch(&self) -> Result<LeadBatch, Fault> {
        let action =
            self.action.clone().ok_or_else(|| Fault::invalid("action: say what is to be done"))?;
        let filter = self.filter.as_batch_filter();
        let filter = filter
            .ok_or_else(|| Fault::invalid("nothing can be done with leads that were removed"))?;
        Ok(LeadBatch { filter, action, after: self.after, limit: PART })
    }
}

/// Who may do this: what a person decides about one is the same for many.
const fn scope_of(action: &LeadAction) -> Scope {
    match action {
        LeadAction::Resolve(_) | LeadAction::MoveTo { .. } => Scope::Resolve,
        LeadAction::Remove | LeadAction::Edit { .. } => Scope::Operate,
    }
}

/// `GET /workflows/{workflow}/leads/act`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    let asked = Asked::read(|name| parameter(&request, name));
    match asked {
        Ok(asked) => show(&request, workflow, &asked, None).await,
        // What can be read of it is kept: the form is on the same page.
        Err(refused) => {
            let filter = Filter::read(|name| parameter(&request, name))?;
            let asked = Asked { filter, ..Asked::default() };
            show(&request, workflow, &asked, Some(&refused)).await
        }
    }
}

/// `POST /workflows/{workflow}/leads/act`
pub(crate) async fn run(request: HttpRequest, form: Form) -> PageAnswer {
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let visitor = Visitor::of(&request)?;
    let asked = Asked::read(|name| form.get(name).map(str::to_owned))?;
    let batch = asked.batch()?;
    visitor.check(&request, NAME, &[scope_of(&batch.action)])?;
    if batch.filter == BatchFilter::All && !form.has("all") {
        let refused = Fault::invalid("tick the box: it is about every lead of the workflow");
        return show(&request, workflow, &asked, Some(&refused)).await;
    }
    let caller = form.caller(&visitor, &request);
    let answer = pages::engine(&request)?.act_on_leads(&caller, workflow, batch).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            return match outcome(&request, &visitor, NAME, Err(error))? {
                Outcome::Refused(refused) => show(&request, workflow, &asked, Some(&refused)).await,
                Outcome::Done(_) => show(&request, workflow, &asked, None).await,
            };
        }
    };
    let [mut done, mut unchanged, mut refused] = asked.results.unwrap_or_default();
    for one in &answer.results {
        match &one.outcome {
            Ok(committed) if committed.position.is_some() => done += 1,
            Ok(_) => unchanged += 1,
            Err(_) => refused += 1,
        }
    }
    let asked = Asked { after: answer.next, results: Some([done, unchanged, refused]), ..asked };
    let path = format!("/workflows/{workflow}/leads/act?{}", query(asked.fields()));
    Ok(HttpResponse::SeeOther().insert_header(("location", path)).finish())
}

async fn show(
    request: &HttpRequest,
    workflow: WorkflowId,
    asked: &Asked,
    refused: Option<&Fault>,
) -> PageAnswer {
    let visitor = Visitor::of(request)?;
    let organisation = visitor.organisation();
    let engine = pages::engine(request)?;
    let (head, graph, total) = engine
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            let one = branchline_projections::Paging::first(1);
            let total = projections.leads(workflow, asked.filter.as_lead_filter(), one).total;
            Ok::<_, PageError>((Head::of(&row), std::sync::Arc::clone(&row.state.graph), total))
        })
        .await??;
    let (mut forecast, mut fault_here) = (None, refused.cloned());
    // A look at what would be done is for whoever may do it, as in the API.
    if let Some(action) = asked.action.as_ref().filter(|_| refused.is_none()) {
        visitor.check(request, NAME, &[scope_of(action)])?;
        match engine.forecast_leads(organisation, workflow, &asked.batch()?).await {
            Ok(told) => forecast = Some(told),
            Err(error) => match outcome(request, &visitor, NAME, Err(error))? {
                Outcome::Refused(told) => fault_here = Some(told),
                Outcome::Done(_) => {}
            },
        }
    }
    let words = asked.filter.in_words(&graph);
    let main = html! {
        (head.show(&visitor, Some("Many leads at once")))
        (tabs(workflow, Tab::Leads, &visitor))
        @if let Some(fault_here) = &fault_here { (fault(fault_here)) }
        (came_of_it(asked, &head))
        section.card.statement {
            h2 { "All " (words) ": " (number(total)) }
            (choice(&head, &graph, asked, &visitor))
        }
        @if let Some(forecast) = &forecast { (foretold(&head, &graph, asked, forecast)) }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(workflow).to_string()],
        styles: &["workflow.css"],
        ..Frame::new("Many leads at once", Section::Overview)
    };
    let status = fault_here.as_ref().map_or(StatusCode::OK, Fault::status);
    Ok(frame.answer_with(status, request, &main))
}

/// What the parts so far did.
fn came_of_it(asked: &Asked, head: &Head) -> Markup {
    html! {
        @if let Some([done, unchanged, refused]) = asked.results {
            div.notice.in-page role="status" {
                (plural(done, "lead")) " done, " (number(unchanged)) " had nothing to do, "
                (number(refused)) " refused. "
                @if asked.after.is_some() { "There are more: go on below." }
                @else {
                    "That was all. "
                    a href={ (head.path()) "/leads?" (query(asked.filter.fields())) } { "To the leads" }
                }
            }
        }
    }
}

/// Which action; the answer is a look at what it would do.
fn choice(head: &Head, graph: &Graph, asked: &Asked, visitor: &Visitor) -> Markup {
    let chosen = asked.fields();
    let is = |word: &str| chosen.iter().any(|(name, value)| *name == "action" && value == word);
    let output = chosen.iter().find(|(name, _)| *name == "output").map(|(_, value)| value.as_str());
    let to = chosen.iter().find(|(name, _)| *name == "to").map(|(_, value)| value.as_str());
    let radio = |word: &str, words: &str| {
        html! {
            label.check {
                input type="radio" name="action" value=(word) required checked[is(word)];
                span { (words) }
            }
        }
    };
    let outputs = outputs(graph, &asked.filter);
    let has_calls = graph.nodes().iter().any(|node| node.node_type() == NodeType::VoiceCall);
    html! {
        form method="get" action={ (head.path()) "/leads/act" } {
            @for (name, value) in asked.filter.fields() { input type="hidden" name=(name) value=(value); }
            @if visitor.may(Scope::Resolve) {
                (radio("resolve", "Decide for those that are held: take this outcome"))
                label.unseen for="output" { "Outcome" }
                select.indented #output name="output" {
                    @for one in &outputs { option value=(one) selected[output == Some(one.as_str())] { (one) } }
                }
                @if has_calls { (radio("redial", "Call those that are held again")) }
                (radio("move_to", "Move all of them to this step, where it begins"))
                label.unseen for="to" { "Step" }
                select.indented #to name="to" {
                    @for node in graph.nodes() {
                        option value=(node.id) selected[to == Some(node.id.to_string().as_str())] { (node.label) }
                    }
                }
            }
            @if visitor.may(Scope::Operate) { (radio("remove", "Remove all of them from the workflow")) }
            div.actions { button.button type="submit" { "What would that do?" } }
        }
    }
}

/// The outcomes that leads of the filter can be given.
fn outputs(graph: &Graph, filter: &Filter) -> Vec<String> {
    let nodes =
        graph.nodes().iter().filter(|node| filter.node.is_none_or(|wanted| wanted == node.id));
    let mut outputs: Vec<String> = Vec::new();
    for output in nodes.flat_map(|node| node.config.outputs()) {
        let output = output.to_string();
        if !outputs.contains(&output) {
            outputs.push(output);
        }
    }
    outputs
}

/// What it would do, and the button that does it.
fn foretold(head: &Head, graph: &Graph, asked: &Asked, forecast: &BatchForecast) -> Markup {
    let all = asked.filter.as_batch_filter() == Some(BatchFilter::All);
    let part = u64::try_from(PART).unwrap_or(u64::MAX).min(forecast.matched);
    let mut again = asked.clone();
    if asked.after.is_none() {
        // A new run counts anew.
        again.results = None;
    }
    html! {
        section.card.statement {
            h2 { (in_words(graph, asked)) ": " (plural(forecast.matched, "lead")) @if asked.after.is_some() { " left" } }
            @if forecast.matched == 0 { p.muted { "Nobody is there to do it with." } }
            @else {
                div.scroll {
                    table.rows {
                        thead { tr { th scope="col" { "Leads" } th.num scope="col" { "How many" } th scope="col" { "What would come of the first of them" } } }
                        tbody { @for group in &forecast.by_hold {
                            tr {
                                th scope="row" {
                                    @match group.hold { Some(code) => (hold_in_words(code)), None => "not held" }
                                }
                                td.num { (number(group.leads)) }
                                td { ul.findings { @for seen in &group.examples {
                                    li {
                                        a.mono.small href={ "/leads/" (seen.lead) } { (short(seen.lead)) } " "
                                        @match &seen.outcome {
                                            Ok(true) => "would be done",
                                            Ok(false) => "has nothing to do",
                                            Err(error) => { "would be refused: " (Fault::from(error.clone()).detail()) }
                                        }
                                    }
                                } } }
                            }
                        } }
                    }
                }
                form.statement-form method="post" action={ (head.path()) "/leads/act" } {
                    (once())
                    @for (name, value) in again.fields() { input type="hidden" name=(name) value=(value); }
                    @if all {
                        label.check {
                            input type="checkbox" name="all" value="true" required;
                            span { "Yes, every lead of the workflow" }
                        }
                    }
                    div.actions {
                        button.button.primary type="submit" {
                            @if asked.after.is_some() { "Go on with the next " (number(part)) }
                            @else if forecast.matched > part { "Do it with the first " (number(part)) }
                            @else { "Do it with " (plural(part, "lead")) }
                        }
                        a.button href={ (head.path()) "/leads?" (query(asked.filter.fields())) } { "Leave them as they are" }
                    }
                }
            }
        }
    }
}

fn in_words(graph: &Graph, asked: &Asked) -> String {
    match &asked.action {
        Some(LeadAction::Resolve(Resolution::Output(output))) => format!("Take {output}"),
        Some(LeadAction::Resolve(Resolution::Redial | Resolution::ReleaseAt(_))) => {
            "Call again".into()
        }
        Some(LeadAction::MoveTo { node }) => format!("Move to {}", label(graph, *node)),
        Some(LeadAction::Remove | LeadAction::Edit { .. }) | None => "Remove".into(),
    }
}

/// The end of an id: those of one moment begin alike.
fn short(lead: LeadId) -> String {
    let text = lead.to_string();
    format!("…{}", text.chars().skip(text.len().saturating_sub(8)).collect::<String>())
}
