//! Reads the promises of CONTRACT.md: its sections 2 to 8.

/// One promise.
pub(crate) struct Promise {
    /// For example `4-busy`.
    pub(crate) id: String,
    /// Whether it is not kept yet.
    pub(crate) is_planned: bool,
    /// What the row is about, where it is a row that says so in its second cell: `busy`, `equals`.
    pub(crate) words: Vec<String>,
    /// Where it stands, from 1.
    pub(crate) line: usize,
}

/// Sections whose promises need a proof here. What HTTP answers, in section 9, is a test of its own.
const SECTIONS: std::ops::RangeInclusive<u32> = 2..=8;

/// Lines of the sections with promises, and their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut section = 0;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        }
        SECTIONS.contains(&section)
    })
}

/// Whether a word is an id: `4-busy`, `4-r12`.
pub(crate) fn is_id(word: &str) -> bool {
    let is_part = |part: &str| {
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        !part.is_empty() && part.chars().all(fits)
    };
    word.split_once('-').is_some_and(|(section, name)| {
        section.parse().is_ok_and(|section| SECTIONS.contains(&section))
            && name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.split('-').all(is_part)
    })
}

/// Ids in the line: words in backticks.
fn ids(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|word| is_id(word))
}

/// The words in backticks of the second cell of a row that begins with an id.
fn words(line: &str) -> Vec<String> {
    let mut cells = line.split('|').skip(1);
    let is_row = cells.next().is_some_and(|cell| ids(cell).next().is_some());
    let cell = cells.next().filter(|_| is_row).unwrap_or_default();
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every promise, in the order of the contract.
pub(crate) fn promises(text: &str) -> Vec<Promise> {
    lines(text)
        .flat_map(|(line, text)| {
            let is_planned = text.contains("*(planned)*");
            let words = words(text);
            ids(text).map(move |id| Promise {
                id: id.into(),
                is_planned,
                words: words.clone(),
                line,
            })
        })
        .collect()
}

/// Rows and points that promise something under no name: rows of tables, points of lists, and
/// paragraphs with a rule.
pub(crate) fn points_without_id(text: &str) -> Vec<usize> {
    let starts_a_point = |line: &str| {
        let is_numbered =
            line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        let is_row = line.starts_with("| ") && !line.starts_with("| Id |");
        line.starts_with("- ") || is_numbered || is_row || line.starts_with("**rule**")
    };
    lines(text)
        .filter(|(_, line)| starts_a_point(line) && ids(line).next().is_none())
        .map(|(number, _)| number)
        .collect()
}

#[test]
fn a_point_without_an_id_is_found() {
    let text = "## 1. Things\n- free\n## 4. Calls\n| Id | Status |\n|---|---|\n| `4-busy` | x |\n| busy | y |\n\
                1. `4-r1` a\n2. b\n- c\n**rule** d\n  and more\n## 9. HTTP\n- e\n";
    assert_eq!(points_without_id(text), [7, 9, 10, 11]);
    let found: Vec<String> = promises(text).into_iter().map(|promise| promise.id).collect();
    assert_eq!(found, ["4-busy", "4-r1"]);
}
