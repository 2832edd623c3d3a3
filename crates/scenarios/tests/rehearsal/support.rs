//! Stories as texts.

use branchline_scenarios::{play, source_text::SourceText, story::Story};

/// The text without the line break it begins with, so that its first line is line 1.
fn source(text: &str) -> SourceText<'_> {
    SourceText { name: "story", text: text.trim_start_matches('\n') }
}

/// The story of a text with a graph of its own.
pub(crate) fn story(text: &str) -> Result<Story, String> {
    Story::read(&source(text), &|named| {
        assert_eq!(named, None, "no file is there");
        Ok(None)
    })
    .map_err(|complaints| complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// What is said of a text that is no story.
pub(crate) fn complaint_of(text: &str) -> String {
    story(text).expect_err("a text that is no story was taken for one")
}

/// What is said of a story that goes otherwise.
pub(crate) fn difference_of(text: &str) -> String {
    let story = story(text).unwrap();
    play::rehearse(&story).expect_err("a wrong story was taken for right").to_string()
}
