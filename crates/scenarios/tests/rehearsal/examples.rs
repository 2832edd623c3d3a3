//! The scenarios that come with the demo, and how fast such files are played.

use std::{
    fs,
    path::{Path, PathBuf},
};

use branchline_scenarios::{
    play,
    source_text::SourceText,
    story::Story,
    workflow_file::{FileFormat, WorkflowFile},
};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/demo")
}

fn workflow(path: &Path) -> WorkflowFile {
    let text = fs::read_to_string(path).unwrap();
    let name = path.display().to_string();
    WorkflowFile::read(&SourceText { name: &name, text: &text }, FileFormat::of(&name)).unwrap()
}

#[test]
fn every_scenario_of_the_demo_goes_as_promised() {
    let mut played = 0;
    for entry in fs::read_dir(demo().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        let story = Story::read(&SourceText { name: &name, text: &text }, &|named| {
            Ok(named.map(|named| workflow(&path.with_file_name(named))))
        });
        play::rehearse(&story.unwrap()).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        played += 1;
    }
    assert!(played >= 5, "{played}");
}

#[test]
fn the_demo_s_workflow_is_valid_and_is_the_same_in_toml() {
    let file = workflow(&demo().join("workflow.json"));
    let judgement = file.judge();
    assert!(judgement.valid && judgement.warnings.is_empty(), "{judgement:?}");
    let toml = file.write(FileFormat::Toml).unwrap();
    let source = SourceText { name: "workflow.toml", text: &toml };
    assert_eq!(WorkflowFile::read(&source, FileFormat::Toml), Ok(file));
}
