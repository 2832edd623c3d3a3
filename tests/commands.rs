//! Four tests a command: what it records, what it refuses, what it does when it is sent twice, and
//! what becomes of it when somebody was faster. A command without a row here does not compile; a
//! row that names a test which is not there fails.

#![expect(clippy::expect_used, reason = "a file that is not there is a failed test")]

use std::{collections::BTreeMap, fs, path::Path};

use branchline_domain::{
    lead::LeadCommand, organisation::OrganisationCommand, workflow::WorkflowCommand,
};

/// Where it is shown.
#[derive(Clone, Copy, Debug)]
enum Proof {
    /// A test: its file below the root of the workspace, and its name.
    Test(&'static str, &'static str),
    /// There is none, and why.
    None(&'static str),
}

/// The tests of one command.
#[derive(Clone, Copy, Debug)]
struct Row {
    command: &'static str,
    recorded: Proof,
    refused: Proof,
    twice: Proof,
    fenced: Proof,
}

/// The rows of a command type, one a variant: each pattern of the match is a row, so the compiler
/// asks for the missing ones.
macro_rules! rows {
    ($command:ident, $covered:ident, $rows:ident:
        $($variant:ident => $recorded:expr, $refused:expr, $twice:expr, $fenced:expr;)+) => {
        const fn $covered(command: &$command) {
            match command {
                $($command::$variant { .. } => {})+
            }
        }

        fn $rows() -> Vec<Row> {
            let _: fn(&$command) = $covered;
            vec![$(Row {
                command: concat!(stringify!($command), "::", stringify!($variant)),
                recorded: $recorded,
                refused: $refused,
                twice: $twice,
                fenced: $fenced,
            },)+]
        }
    };
}

const fn advance(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/advance.rs", name)
}

const fn attributes(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/attributes.rs", name)
}

const fn dispatch(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/dispatch.rs", name)
}

const fn edit(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/edit.rs", name)
}

const fn enrol(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/enrol.rs", name)
}

const fn erase(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/erase.rs", name)
}

const fn remove(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/remove.rs", name)
}

const fn report(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/report.rs", name)
}

const fn resolve(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/resolve.rs", name)
}

const fn moving(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/moving.rs", name)
}

const fn application(name: &'static str) -> Proof {
    Proof::Test("tests/lead_rules/application.rs", name)
}

const fn fenced_try(name: &'static str) -> Proof {
    Proof::Test("crates/engine/tests/engine/application_fences.rs", name)
}

const fn actions(name: &'static str) -> Proof {
    Proof::Test("crates/domain/tests/workflow/actions.rs", name)
}

const fn edits(name: &'static str) -> Proof {
    Proof::Test("crates/domain/tests/workflow/edits.rs", name)
}

const fn graph(name: &'static str) -> Proof {
    Proof::Test("crates/domain/tests/workflow/graph.rs", name)
}

const fn put_graph(name: &'static str) -> Proof {
    Proof::Test("crates/domain/tests/workflow/put_graph.rs", name)
}

const fn keys(name: &'static str) -> Proof {
    Proof::Test("tests/organisation_rules/keys.rs", name)
}

const fn provider(name: &'static str) -> Proof {
    Proof::Test("tests/organisation_rules/provider.rs", name)
}

const fn refusals(name: &'static str) -> Proof {
    Proof::Test("tests/organisation_rules/refusals.rs", name)
}

const fn imports(name: &'static str) -> Proof {
    Proof::Test("crates/domain/tests/workflow/imports.rs", name)
}

const STALE_LEAD: Proof = Proof::Test(
    "crates/engine/tests/engine/fences.rs",
    "every_command_to_a_stale_lead_is_fenced_and_its_successor_does_it",
);
const STALE_WORKFLOW: Proof = Proof::Test(
    "crates/engine/tests/engine/fences.rs",
    "every_command_to_a_stale_workflow_is_fenced_and_its_successor_does_it",
);
/// An import that an end overtakes: its leads are fenced by their guard, and those that were
/// enrolled before are withdrawn.
const OVERTAKEN_IMPORT: Proof = Proof::Test(
    "crates/engine/tests/engine/enrolment.rs",
    "a_cancel_during_an_import_gives_the_import_up_and_its_leads_never_count",
);

rows! { LeadCommand, lead_command, lead_rows:
    Enrol =>
        enrol("a_lead_enrolled_into_a_draft_or_a_paused_workflow_is_pending"),
        enrol("an_ended_or_deleted_workflow_takes_no_lead"),
        enrol("a_lead_is_enrolled_once"),
        OVERTAKEN_IMPORT;
    Advance =>
        advance("a_release_fires_at_its_instant_and_not_a_microsecond_earlier"),
        enrol("nothing_can_be_asked_of_a_lead_that_was_never_enrolled"),
        advance("a_missing_output_heals_when_an_edge_appears_and_is_not_told_twice"),
        STALE_LEAD;
    ReportCallStatus =>
        report("each_final_status_with_a_branch_takes_it"),
        report("a_report_about_an_unknown_call_is_refused"),
        report("a_status_redelivered_after_the_lead_moved_on_records_nothing"),
        STALE_LEAD;
    AttachCallAttributes =>
        attributes("attributes_arrive_after_the_end_of_the_call_the_lead_and_the_workflow"),
        attributes("attributes_of_an_unknown_call_are_refused"),
        attributes("only_what_is_new_of_a_call_is_recorded"),
        STALE_LEAD;
    StartDispatch =>
        dispatch("a_requested_call_is_handed_out_once"),
        dispatch("a_call_is_not_handed_out_where_leads_do_not_move"),
        dispatch("a_requested_call_is_handed_out_once"),
        STALE_LEAD;
    RecordDispatched =>
        dispatch("a_carrier_takes_a_call_and_its_name_for_it_is_kept"),
        dispatch("nothing_is_recorded_about_the_dialling_of_an_unknown_call"),
        dispatch("a_carrier_takes_a_call_and_its_name_for_it_is_kept"),
        STALE_LEAD;
    RecordDispatchRefused =>
        dispatch("a_refused_dial_holds_the_lead_and_is_told_once"),
        dispatch("a_call_that_was_taken_or_heard_of_or_ended_cannot_have_been_refused"),
        dispatch("a_refused_dial_holds_the_lead_and_is_told_once"),
        STALE_LEAD;
    RecordDispatchUnknown =>
        dispatch("only_a_call_that_was_handed_out_and_not_heard_of_becomes_unknown"),
        dispatch("nothing_is_recorded_about_the_dialling_of_an_unknown_call"),
        dispatch("only_a_call_that_was_handed_out_and_not_heard_of_becomes_unknown"),
        STALE_LEAD;
    StartApplication =>
        ONE_TRY,
        application("no_try_begins_while_the_workflow_is_not_active_and_one_under_way_is_held"),
        ONE_TRY,
        fenced_try("the_start_of_a_try_is_fenced_and_made_once");
    RecordApplication =>
        ONE_TRY,
        NOBODY_WANTED,
        ONE_TRY,
        fenced_try("what_came_of_a_try_is_fenced_and_recorded_once");
    HoldApplication =>
        HELD_AND_ASKED,
        NOBODY_WANTED,
        HELD_AND_ASKED,
        Proof::None("the engine asks for it again until it is recorded or refused");
    RequestApplication =>
        HELD_AND_ASKED,
        NOBODY_WANTED,
        HELD_AND_ASKED,
        fenced_try("a_lead_that_somebody_answers_for_at_last_is_fenced_and_asked_for_once");
    MoveTo =>
        moving("a_person_puts_a_held_lead_at_another_node_where_its_step_begins"),
        moving("a_pending_lead_and_a_node_that_is_not_there_are_refused"),
        moving("a_person_puts_a_held_lead_at_another_node_where_its_step_begins"),
        STALE_LEAD;
    Resolve =>
        resolve("every_hold_at_a_call_is_resolved_with_any_output_of_the_call"),
        resolve("a_lead_that_nothing_holds_is_not_resolved"),
        resolve("a_choice_during_a_pause_is_held_and_moves_on_resume"),
        STALE_LEAD;
    Remove =>
        remove("a_lead_is_removed_once_from_a_workflow_in_any_status"),
        remove("a_final_lead_is_not_removed"),
        remove("a_lead_is_removed_once_from_a_workflow_in_any_status"),
        STALE_LEAD;
    Withdraw =>
        enrol("a_withdrawn_lead_never_was"),
        enrol("nothing_can_be_asked_of_a_lead_that_was_never_enrolled"),
        enrol("a_withdrawn_lead_never_was"),
        OVERTAKEN_IMPORT;
    Erase =>
        erase("a_lead_that_has_come_to_its_end_is_erased_once_in_a_workflow_of_any_status"),
        erase("a_lead_that_may_still_move_is_not_erased_and_is_told_to_be_removed_first"),
        erase("a_lead_that_has_come_to_its_end_is_erased_once_in_a_workflow_of_any_status"),
        Proof::Test(
            "crates/engine/tests/engine/erasure.rs",
            "an_erasure_by_a_stale_actor_is_fenced_and_its_successor_erases",
        );
    Edit =>
        edit("variables_are_set_and_taken_away_and_the_same_again_is_no_news"),
        edit("a_removed_lead_is_not_edited"),
        edit("variables_are_set_and_taken_away_and_the_same_again_is_no_news"),
        STALE_LEAD;
}

/// Commands whose way into the engine is not built: whoever builds it takes them to the fences.
const ONE_TRY: Proof =
    application("a_try_is_wanted_on_arrival_begins_once_and_its_success_moves_the_lead");
const NOBODY_WANTED: Proof =
    application("a_lead_at_another_step_wants_no_try_and_one_that_is_not_there_is_not_found");
const HELD_AND_ASKED: Proof = application(
    "without_somebody_who_answers_the_lead_is_held_until_there_is_one_or_a_person_decides",
);

const TABLE: Proof = actions("every_action_from_every_status_does_what_the_table_says");
const AGAIN: Proof = actions("an_action_sent_twice_is_refused_with_the_status_it_led_to");
const NEXT_REVISION: Proof =
    graph("every_edit_makes_the_next_revision_unless_the_workflow_has_ended");
const NOT_THERE: Proof = graph("what_is_not_in_the_graph_is_not_found_and_so_is_what_was_removed");

rows! { WorkflowCommand, workflow_command, workflow_rows:
    Create =>
        edits("a_workflow_begins_as_a_draft_with_revision_0_and_its_graph_is_revision_1"),
        edits("a_workflow_does_not_begin_with_a_graph_that_edits_would_refuse"),
        edits("a_workflow_begins_once"),
        Proof::None("each asking mints an id of its own, so nobody else writes to that stream");
    Edit =>
        edits("an_edit_records_what_changed_and_nothing_else"),
        edits("once_a_workflow_has_ended_its_words_may_change_and_its_settings_may_not"),
        edits("an_edit_records_what_changed_and_nothing_else"),
        STALE_WORKFLOW;
    AddNode =>
        NEXT_REVISION,
        NEXT_REVISION,
        graph("a_node_that_is_there_is_not_added_again"),
        STALE_WORKFLOW;
    PatchNode =>
        NEXT_REVISION,
        graph("the_type_of_a_node_never_changes"),
        graph("a_patch_changes_what_it_names_and_the_same_again_is_no_news"),
        STALE_WORKFLOW;
    RemoveNode =>
        NEXT_REVISION,
        graph("a_node_at_which_leads_stand_is_not_removed"),
        NOT_THERE,
        STALE_WORKFLOW;
    PutGraph =>
        put_graph("a_whole_graph_is_recorded_as_what_differs_in_one_revision"),
        put_graph("what_single_edits_refuse_a_whole_graph_refuses_too"),
        put_graph("the_graph_that_is_there_is_no_revision_in_whatever_order_its_nodes_are_told"),
        Proof::Test(
            "crates/engine/tests/engine/graphs.rs",
            "of_two_puts_from_one_revision_one_is_stale",
        );
    AddEdge =>
        NEXT_REVISION,
        NEXT_REVISION,
        graph("the_same_way_twice_is_refused_with_the_edge_that_is_there"),
        STALE_WORKFLOW;
    RemoveEdge => NEXT_REVISION, NOT_THERE, NOT_THERE, STALE_WORKFLOW;
    Activate => TABLE, TABLE, AGAIN, STALE_WORKFLOW;
    Pause => TABLE, TABLE, AGAIN, STALE_WORKFLOW;
    Resume => TABLE, TABLE, AGAIN, STALE_WORKFLOW;
    Cancel => TABLE, TABLE, AGAIN, STALE_WORKFLOW;
    Complete => TABLE, actions("completing_waits_for_leads_unless_it_is_forced"), AGAIN, STALE_WORKFLOW;
    AutoComplete =>
        actions("a_workflow_completes_by_itself_when_it_wants_to_and_all_its_leads_are_final"),
        Proof::None("nobody waits for an answer: where it does not apply nothing is recorded"),
        actions("a_workflow_that_is_gone_or_never_was_is_not_found_by_any_command"),
        STALE_WORKFLOW;
    Delete =>
        TABLE,
        actions("deleting_waits_for_calls_and_a_second_time_there_is_nothing_left"),
        actions("deleting_waits_for_calls_and_a_second_time_there_is_nothing_left"),
        STALE_WORKFLOW;
    OpenImport =>
        imports("an_import_opens_in_every_status_that_is_not_final"),
        imports("an_import_opens_in_every_status_that_is_not_final"),
        imports("an_import_opened_twice_is_no_news_unless_it_differs"),
        STALE_WORKFLOW;
    CloseImport =>
        imports("an_open_import_ends_whatever_became_of_its_workflow"),
        imports("an_import_ends_once_and_only_after_it_was_opened"),
        imports("an_import_ends_once_and_only_after_it_was_opened"),
        STALE_WORKFLOW;
    CancelImport =>
        imports("an_open_import_ends_whatever_became_of_its_workflow"),
        imports("an_import_ends_once_and_only_after_it_was_opened"),
        imports("an_import_ends_once_and_only_after_it_was_opened"),
        OVERTAKEN_IMPORT;
    RefuseImport =>
        imports("a_refused_import_is_recorded_once_in_every_status"),
        imports("an_import_that_has_begun_is_not_refused"),
        imports("a_refused_import_is_recorded_once_in_every_status"),
        Proof::None("the workflow's actor asks again; the sender is told whatever comes of it");
}

const STALE_ORGANISATION: Proof = Proof::Test(
    "crates/engine/tests/engine/keys.rs",
    "every_command_to_a_stale_organisation_is_fenced_and_done_after_what_the_other_wrote",
);

const STALE_PROVIDER: Proof = Proof::Test(
    "crates/engine/tests/engine/provider.rs",
    "every_command_about_providers_to_a_stale_organisation_is_fenced_and_done_anew",
);

rows! { OrganisationCommand, organisation_command, organisation_rows:
    CreateKey =>
        keys("a_key_is_made_with_its_name_scopes_and_expiry_and_lives_up_to_it"),
        keys("a_key_without_a_name_or_a_scope_or_with_an_expiry_that_is_over_is_refused"),
        keys("the_same_key_again_is_no_news_and_another_one_with_its_id_is_refused"),
        STALE_ORGANISATION;
    RotateKey =>
        keys("a_rotation_makes_a_like_key_and_lets_the_old_one_end_after_the_overlap"),
        keys("a_key_that_ended_or_never_was_is_not_rotated_and_an_overlap_has_its_limit"),
        keys("a_rotation_makes_a_like_key_and_lets_the_old_one_end_after_the_overlap"),
        STALE_ORGANISATION;
    SetKeyExpiry =>
        keys("an_expiry_is_set_moved_and_taken_away_and_the_same_again_is_no_news"),
        keys("an_ended_key_gets_no_more_time_and_no_expiry_is_in_the_past"),
        keys("an_expiry_is_set_moved_and_taken_away_and_the_same_again_is_no_news"),
        STALE_ORGANISATION;
    RevokeKey =>
        keys("a_key_is_revoked_once"),
        keys("a_key_is_revoked_once"),
        keys("a_key_is_revoked_once"),
        STALE_ORGANISATION;
    NoteRefusal =>
        refusals("a_refusal_is_recorded_and_changes_nothing_else"),
        refusals("nothing_is_refused_to_keys_that_are_not_there_and_texts_have_their_limits"),
        Proof::None("each refusal is a fact of its own, and its sender tells it once"),
        STALE_ORGANISATION;
    KeepProviderEvent =>
        provider("what_a_provider_told_is_kept_until_a_person_has_decided"),
        provider("no_more_are_kept_than_may_wait_and_no_longer_texts_than_there_may_be"),
        provider("the_same_message_is_kept_once_also_after_it_was_decided_about"),
        STALE_PROVIDER;
    MatchProviderEvent =>
        provider("what_a_provider_told_is_kept_until_a_person_has_decided"),
        provider("the_first_decision_about_a_message_stands_and_the_same_again_is_no_news"),
        provider("the_first_decision_about_a_message_stands_and_the_same_again_is_no_news"),
        STALE_PROVIDER;
    DismissProviderEvent =>
        provider("a_message_is_dismissed_once_and_with_a_note"),
        provider("a_message_is_dismissed_once_and_with_a_note"),
        provider("a_message_is_dismissed_once_and_with_a_note"),
        STALE_PROVIDER;
    SetProviderWords =>
        provider("words_are_set_as_a_whole_in_lower_case_and_the_same_again_is_no_news"),
        provider("words_have_their_limits_and_say_one_thing"),
        provider("words_are_set_as_a_whole_in_lower_case_and_the_same_again_is_no_news"),
        STALE_PROVIDER;
}

/// What is wrong with a proof, if anything is.
fn problem(proof: Proof, sources: &mut BTreeMap<&'static str, String>) -> Option<String> {
    let (file, name) = match proof {
        Proof::Test(file, name) => (file, name),
        Proof::None(reason) => {
            return reason.is_empty().then(|| "there is none, and nobody says why".to_owned());
        }
    };
    let source = sources.entry(file).or_insert_with(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        fs::read_to_string(&path).expect(file)
    });
    let is_test = source.contains(&format!("#[test]\nfn {name}() {{"));
    (!is_test).then(|| format!("there is no test `{name}` in {file}"))
}

#[test]
fn every_command_has_its_four_tests() {
    let mut sources = BTreeMap::new();
    let mut problems = Vec::new();
    for row in lead_rows().into_iter().chain(workflow_rows()).chain(organisation_rows()) {
        let Row { command, recorded, refused, twice, fenced } = row;
        for (what, proof) in
            [("recorded", recorded), ("refused", refused), ("twice", twice), ("fenced", fenced)]
        {
            let found = problem(proof, &mut sources);
            problems.extend(found.map(|problem| format!("{command}, {what}: {problem}")));
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}
