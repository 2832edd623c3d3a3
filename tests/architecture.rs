//! The house has walls: which crate may name which, checked in the manifests and sources.
//! The rooms are described in ARCHITECTURE.md.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a manifest without its usual tables is a failed test"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A crate of ours, and every crate of ours that it may name in `[dependencies]`. Tests of a crate
/// may name more: `[dev-dependencies]` are not looked at here.
const ARROWS: &[(&str, &[&str])] = &[
    ("branchline-domain", &[]),
    ("branchline-journal", &[]),
    ("branchline-vault", &[]),
    ("branchline-admin-files", &[]),
    ("branchline-projections", &["branchline-domain", "branchline-journal"]),
    // The vault: what is personal is sealed on its way into a payload.
    ("branchline-event-codec", &["branchline-domain", "branchline-journal", "branchline-vault"]),
    (
        "branchline-engine",
        &[
            "branchline-domain",
            "branchline-event-codec",
            "branchline-journal",
            "branchline-projections",
            "branchline-vault",
        ],
    ),
    ("branchline-evidence", &["branchline-domain", "branchline-journal", "branchline-vault"]),
    ("branchline-applications", &["branchline-domain", "branchline-engine"]),
    ("branchline-carriers", &["branchline-domain", "branchline-engine"]),
    (
        "branchline-http-api",
        &[
            "branchline-domain",
            "branchline-engine",
            "branchline-evidence",
            "branchline-journal",
            "branchline-projections",
        ],
    ),
    (
        "branchline-dashboard",
        &[
            "branchline-domain",
            "branchline-engine",
            "branchline-http-api",
            "branchline-projections",
        ],
    ),
    (
        "branchline",
        &[
            "branchline-admin-files",
            "branchline-applications",
            "branchline-carriers",
            "branchline-dashboard",
            "branchline-domain",
            "branchline-engine",
            "branchline-event-codec",
            "branchline-evidence",
            "branchline-http-api",
            "branchline-journal",
            "branchline-operator",
            "branchline-projections",
            "branchline-scenarios",
            "branchline-vault",
        ],
    ),
    (
        "branchline-log",
        &[
            "branchline-admin-files",
            "branchline-domain",
            "branchline-event-codec",
            "branchline-evidence",
            "branchline-journal",
            "branchline-projections",
            "branchline-vault",
        ],
    ),
    (
        "branchline-bench",
        &[
            "branchline-carriers",
            "branchline-dashboard",
            "branchline-domain",
            "branchline-engine",
            "branchline-event-codec",
            "branchline-evidence",
            "branchline-http-api",
            "branchline-journal",
            // What the auditor's tool does is measured as it is.
            "branchline-log",
            "branchline-projections",
            "branchline-vault",
        ],
    ),
    ("branchline-operator", &["branchline-admin-files", "branchline-domain"]),
    ("branchline-scenarios", &["branchline-domain"]),
    ("branchline-testkit", &["branchline-domain", "branchline-journal", "branchline-scenarios"]),
    ("branchline-tests", &[]),
];

/// Crates that take of the journal only these of its modules: no store is opened or written there.
/// The window reads the one that it is given, for the operator, and checks its end.
const WORDS_OF_THE_JOURNAL_ONLY: &[(&str, &[&str])] = &[
    (
        "branchline-http-api",
        &["block_file::", "merkle::TreeHead", "record::", "store::", "verify::newest"],
    ),
    ("branchline-projections", &["record::", "wire"]),
];

/// A crate from outside, and the only rooms that may name it, in tests too.
const ONE_ROOM: &[(&str, &[&str])] = &[
    ("sled", &["branchline-journal"]),
    ("bincode", &["branchline-event-codec"]),
    ("actix", &["branchline-engine"]),
    // A benchmark measures the library without our handlers.
    (
        "actix-web",
        &["branchline-dashboard", "branchline-http-api", "branchline", "branchline-bench"],
    ),
    ("dugong", &["branchline-dashboard"]),
    ("maud", &["branchline-dashboard"]),
    (
        "reqwest",
        &["branchline-applications", "branchline", "branchline-log", "branchline-operator"],
    ),
];

/// Longest file whose first lines need not say why it is that long. Unit: lines.
const LINES_MAX: usize = 450;

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A crate of ours as its manifest describes it.
struct Room {
    name: String,
    folder: PathBuf,
    manifest: toml::Table,
}

impl Room {
    /// What it names in this table of its manifest.
    fn named_in(&self, table: &str) -> BTreeSet<String> {
        let entries = self.manifest.get(table).and_then(toml::Value::as_table);
        entries.map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()))
}

fn table_of(path: &Path) -> toml::Table {
    text_of(path).parse().unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()))
}

/// Every member of the workspace. `crates/*` is the only pattern the manifest uses.
fn rooms() -> Vec<Room> {
    let members = &table_of(&root().join("Cargo.toml"))["workspace"]["members"];
    let members = members.as_array().expect("members is a list").iter();
    let mut folders = Vec::new();
    for member in members.filter_map(toml::Value::as_str) {
        match member.strip_suffix("/*") {
            Some(parent) => folders.extend(subfolders(&root().join(parent))),
            None => folders.push(root().join(member)),
        }
    }
    folders.into_iter().map(|folder| room(&folder)).collect()
}

fn room(folder: &Path) -> Room {
    let manifest = table_of(&folder.join("Cargo.toml"));
    let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
    Room { name, folder: folder.to_owned(), manifest }
}

fn subfolders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).expect("the folder is there");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.join("Cargo.toml").exists())
        .collect()
}

/// Every Rust file of a crate, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = text_of(&path);
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn every_crate_names_only_what_its_room_may_name() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for room in rooms() {
        let Some(allowed) = arrows.get(room.name.as_str()) else {
            wrong.push(format!("{} is in no room; give it a line in ARROWS", room.name));
            continue;
        };
        for table in ["dependencies", "build-dependencies"] {
            let named = room.named_in(table).into_iter();
            let ours = named.filter(|name| name.starts_with("branchline-"));
            let strangers = ours.filter(|name| !allowed.contains(&name.as_str()));
            wrong.extend(strangers.map(|name| format!("{} may not name {name}", room.name)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_room_of_the_table_is_there() {
    let there: BTreeSet<String> = rooms().into_iter().map(|room| room.name).collect();
    let planned: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, planned);
}

#[test]
fn what_only_reads_records_takes_only_the_words_of_the_journal() {
    let mut wrong = Vec::new();
    for room in rooms() {
        let words = WORDS_OF_THE_JOURNAL_ONLY.iter().find(|(name, _)| *name == room.name);
        let Some((_, words)) = words else { continue };
        for (path, text) in sources(&room.folder.join("src")) {
            // Comments may point to anything.
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for named in code.filter_map(|line| line.split("branchline_journal::").nth(1)) {
                if !words.iter().any(|word| named.starts_with(word)) {
                    wrong.push(path.display().to_string());
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "name only {WORDS_OF_THE_JOURNAL_ONLY:?} there");
}

#[test]
fn a_heavy_crate_lives_in_its_rooms_only() {
    let mut wrong = Vec::new();
    for room in rooms() {
        for (heavy, at_home) in ONE_ROOM {
            let named = TABLES.iter().any(|table| room.named_in(table).contains(*heavy));
            if named && !at_home.contains(&room.name.as_str()) {
                wrong.push(format!("{} names {heavy}, which lives in {at_home:?}", room.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn nothing_a_release_contains_names_the_testkit() {
    for room in rooms() {
        let named = room.named_in("dependencies");
        assert!(!named.contains("branchline-testkit"), "{} names the testkit", room.name);
    }
}

#[test]
fn versions_are_chosen_in_one_place() {
    let mut wrong = Vec::new();
    for room in rooms() {
        for table in TABLES {
            let entries = room.manifest.get(table).and_then(toml::Value::as_table);
            for (name, how) in entries.into_iter().flatten() {
                if how.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    wrong.push(format!("{}: {name} must say `workspace = true`", room.name));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_crate_from_outside_has_a_reason() {
    let path = root().join("ARCHITECTURE.md");
    if !path.exists() {
        eprintln!("skipped: there is no ARCHITECTURE.md yet");
        return;
    }
    let text = text_of(&path);
    let reasons = text.split("## Dependencies").nth(1).expect("it has a section Dependencies");
    let first_cells =
        reasons.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let told: BTreeSet<&str> = first_cells.flat_map(|cell| cell.split(", ")).collect();
    let workspace = &table_of(&root().join("Cargo.toml"))["workspace"]["dependencies"];
    let names = workspace.as_table().expect("dependencies is a table").keys();
    let untold: Vec<&String> = names
        .filter(|name| !name.starts_with("branchline-") && !told.contains(name.as_str()))
        .collect();
    assert_eq!(untold, Vec::<&String>::new(), "give each a line in ARCHITECTURE.md, Dependencies");
}

#[test]
fn every_crate_obeys_the_lints_of_the_workspace() {
    for room in rooms() {
        let obeys = room.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(obeys.and_then(toml::Value::as_bool), Some(true), "{}", room.name);
    }
}

#[test]
fn a_long_file_says_why_it_is_long() {
    let mut wrong = Vec::new();
    for room in rooms() {
        for (path, text) in sources(&room.folder) {
            let head = text.lines().take_while(|line| line.starts_with("//!"));
            let says_why = head.clone().any(|line| line.contains("Long because"));
            let lines = text.lines().count();
            if lines > LINES_MAX && !says_why {
                wrong.push(format!("{} has {lines} lines", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "split it, or say `Long because …` in its first lines");
}

#[test]
fn a_lint_is_never_silenced_without_an_expectation() {
    // Put together here, so that this file does not find itself.
    let silenced = ["#", "[allow("].concat();
    let silenced_whole = ["#!", "[allow("].concat();
    let mut wrong = Vec::new();
    for room in rooms() {
        for (path, text) in sources(&room.folder) {
            if text.contains(&silenced) || text.contains(&silenced_whole) {
                wrong.push(path.display().to_string());
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "use expect with a reason");
}
