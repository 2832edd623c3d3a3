//! What was refused to keys.

use branchline_domain::organisation::{
    CODE_BYTES_MAX, Organisation, OrganisationCommand, OrganisationEvent, OrganisationRejection,
    TARGET_BYTES_MAX,
};
use branchline_testkit::given;

use crate::support::{at, with_key};

fn note(action: &str, target: &str) -> OrganisationCommand {
    OrganisationCommand::NoteRefusal {
        action: action.into(),
        target: target.into(),
        code: "wrong_status".into(),
    }
}

#[test]
fn a_refusal_is_recorded_and_changes_nothing_else() {
    let story = with_key(None);
    let before = story.state().clone();
    let story = story.when(&note("workflow.pause", "wf_1"), &at(1)).then([
        OrganisationEvent::ActionRefused {
            action: "workflow.pause".into(),
            target: "wf_1".into(),
            code: "wrong_status".into(),
        },
    ]);
    assert_eq!(*story.state(), before);
}

#[test]
fn nothing_is_refused_to_keys_that_are_not_there_and_texts_have_their_limits() {
    given::<Organisation>([])
        .when(&note("workflow.pause", ""), &at(0))
        .then_refused(&OrganisationRejection::NoKeys)
        .done();
    let long = "x".repeat(TARGET_BYTES_MAX + 1);
    for (action, target) in [(&long[..=CODE_BYTES_MAX], ""), ("workflow.pause", &long)] {
        with_key(None)
            .when(&note(action, target), &at(0))
            .then_refused_as(|no| matches!(no, OrganisationRejection::Invalid { .. }))
            .done();
    }
}
