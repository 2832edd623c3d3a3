//! Beginning, words and settings.

use branchline_domain::{
    graph::{GraphChange, NodeConfig, NodeType},
    id::{OrganisationId, WorkflowId},
    workflow::{
        DESCRIPTION_CHARS_MAX, Settings, TITLE_CHARS_MAX, WorkflowCommand, WorkflowEvent,
        WorkflowRejection, WorkflowStatus,
    },
};

use crate::support::{
    CALL, Decision, WON, after, create, decided, edge, node, standing, take, valid_graph,
};

fn edit(
    title: Option<&str>,
    description: Option<&str>,
    settings: Option<Settings>,
) -> WorkflowCommand {
    WorkflowCommand::Edit {
        title: title.map(str::to_owned),
        description: description.map(str::to_owned),
        settings,
    }
}

fn renamed(title: &str, description: &str) -> WorkflowEvent {
    WorkflowEvent::WorkflowRenamed { title: title.into(), description: description.into() }
}

fn country(code: &str) -> Settings {
    Settings { default_country: Some(code.into()), ..Settings::default() }
}

fn analysis(analysis_timeout_s: u64) -> Settings {
    Settings { analysis_timeout_s, ..Settings::default() }
}

fn zone(default_timezone: &str) -> Settings {
    Settings { default_timezone: default_timezone.into(), ..Settings::default() }
}

fn deadline(call_deadline_s: u64) -> Settings {
    Settings { call_deadline_s, ..Settings::default() }
}

/// The field that was refused.
fn fault(decision: &Decision) -> Option<&'static str> {
    match decision {
        Err(WorkflowRejection::Invalid { field, .. }) => Some(*field),
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn a_workflow_begins_as_a_draft_with_revision_0_and_its_graph_is_revision_1() {
    let empty = after(&[create(vec![])]);
    assert_eq!(empty.status, WorkflowStatus::Draft);
    assert_eq!(empty.graph.revision(), 0);
    assert_eq!(empty.revisions.keys().copied().collect::<Vec<_>>(), [0]);

    let full = after(&[create(valid_graph())]);
    assert_eq!(full.graph.revision(), 1);
    assert_eq!((full.revisions[&0].nodes().len(), full.revisions[&1].nodes().len()), (0, 2));
    assert_eq!((full.organisation, full.control_epoch), (Some(OrganisationId::DEFAULT), 0));
}

#[test]
fn a_workflow_begins_once() {
    let mut command = create(vec![]);
    assert_eq!(
        decided(&after(&[command.clone()]), &command),
        Err(WorkflowRejection::AlreadyExists)
    );
    if let WorkflowCommand::Create { source, title, .. } = &mut command {
        *source = Some(WorkflowId::from_u128(7));
        *title = "  Copy ".into();
    }
    let copy = after(&[command]);
    assert_eq!((copy.source, copy.title.as_str()), (Some(WorkflowId::from_u128(7)), "Copy"));
}

#[test]
fn a_workflow_does_not_begin_with_a_graph_that_edits_would_refuse() {
    let end = || NodeConfig::empty(NodeType::Converted);
    let refused = |extra: Vec<GraphChange>| {
        let graph = valid_graph().into_iter().chain(extra).collect();
        decided(&after(&[]), &create(graph))
    };
    let twice = GraphChange::EdgeAdded(edge(2, CALL, WON, None));
    assert!(matches!(refused(vec![twice]), Err(WorkflowRejection::EdgeExists { .. })));
    let same_id = GraphChange::EdgeAdded(edge(1, CALL, WON, Some("DNP")));
    assert!(matches!(refused(vec![same_id]), Err(WorkflowRejection::EdgeExists { .. })));

    let mut named = node(WON, end());
    named.label = "x".repeat(TITLE_CHARS_MAX + 1);
    assert_eq!(fault(&refused(vec![GraphChange::NodePut(named)])), Some("label"));
    let many = (10..510)
        .map(|id| GraphChange::NodePut(node(branchline_domain::id::NodeId::from_u128(id), end())));
    assert_eq!(fault(&refused(many.collect())), Some("nodes"));
}

#[test]
fn an_edit_records_what_changed_and_nothing_else() {
    let state = standing(WorkflowStatus::Active);
    for (command, events) in [
        (edit(Some(" Autumn "), None, None), vec![renamed("Autumn", "Everyone who asked")]),
        (edit(None, Some(""), None), vec![renamed("Spring", "")]),
        (
            edit(None, None, Some(country("de"))),
            vec![WorkflowEvent::SettingsChanged { settings: country("DE") }],
        ),
        (
            edit(Some("Autumn"), None, Some(deadline(60))),
            vec![
                renamed("Autumn", "Everyone who asked"),
                WorkflowEvent::SettingsChanged { settings: deadline(60) },
            ],
        ),
    ] {
        assert_eq!(decided(&state, &command), Ok(events.clone()));
        let mut edited = state.clone();
        take(&mut edited, &events, 0);
        assert_eq!(decided(&edited, &command), Ok(vec![]), "the same edit again is no news");
    }
    let nothing = edit(Some("Spring"), Some("Everyone who asked"), Some(Settings::default()));
    assert_eq!(decided(&state, &nothing), Ok(vec![]));
    assert_eq!(decided(&state, &edit(None, None, None)), Ok(vec![]));
}

#[test]
fn a_value_out_of_its_limits_is_refused_by_create_and_edit_with_the_name_of_its_field() {
    let long = |chars: usize| "é".repeat(chars);
    let ok = Settings::default;
    for (title, description, settings, field) in [
        ("", String::new(), ok(), Some("title")),
        (" \t", String::new(), ok(), Some("title")),
        (&*long(TITLE_CHARS_MAX + 1), String::new(), ok(), Some("title")),
        (&*long(TITLE_CHARS_MAX), String::new(), ok(), None),
        ("Spring", long(DESCRIPTION_CHARS_MAX + 1), ok(), Some("description")),
        ("Spring", long(DESCRIPTION_CHARS_MAX), ok(), None),
        ("Spring", String::new(), country(""), Some("settings.default_country")),
        ("Spring", String::new(), country("D"), Some("settings.default_country")),
        ("Spring", String::new(), country("DEU"), Some("settings.default_country")),
        ("Spring", String::new(), country("D1"), Some("settings.default_country")),
        ("Spring", String::new(), country("é"), Some("settings.default_country")),
        ("Spring", String::new(), country("in"), None),
        ("Spring", String::new(), deadline(59), Some("settings.call_deadline_s")),
        ("Spring", String::new(), deadline(604_801), Some("settings.call_deadline_s")),
        ("Spring", String::new(), deadline(604_800), None),
        ("Spring", String::new(), analysis(86_401), Some("settings.analysis_timeout_s")),
        ("Spring", String::new(), analysis(86_400), None),
        ("Spring", String::new(), analysis(0), None),
        ("Spring", String::new(), zone("India"), Some("settings.default_timezone")),
        ("Spring", String::new(), zone(""), Some("settings.default_timezone")),
        ("Spring", String::new(), zone("Asia/Kolkata"), None),
    ] {
        let edit = edit(Some(title), Some(&description), Some(settings.clone()));
        let edited = decided(&standing(WorkflowStatus::Draft), &edit);
        assert_eq!(fault(&edited), field, "{edited:?}");
        let create = WorkflowCommand::Create {
            organisation: OrganisationId::DEFAULT,
            title: title.into(),
            description,
            settings,
            graph: vec![],
            source: None,
        };
        let created = decided(&after(&[]), &create);
        assert_eq!(fault(&created), field);
        assert_eq!(created.is_ok(), field.is_none());
    }
}

#[test]
fn once_a_workflow_has_ended_its_words_may_change_and_its_settings_may_not() {
    for status in WorkflowStatus::ALL {
        let state = standing(status);
        assert_eq!(
            decided(&state, &edit(Some("Old"), None, None)),
            Ok(vec![renamed("Old", "Everyone who asked")])
        );
        let changed = decided(&state, &edit(Some("Old"), None, Some(country("DE"))));
        if status.is_final() {
            let action = "change the settings of";
            assert_eq!(changed, Err(WorkflowRejection::WrongStatus { action, status }));
        } else {
            assert_eq!(changed.map(|events| events.len()), Ok(2));
        }
        let same = edit(None, None, Some(Settings::default()));
        assert_eq!(decided(&state, &same), Ok(vec![]), "the settings it has are no change");
    }
}
