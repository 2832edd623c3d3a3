//! Every page of the dashboard's table, on a wide screen and a telephone, light and dark: no complaint,
//! no way beyond the edge, nothing that keeps people out. Writes pictures where it is told a folder.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use serde_json::json;

use crate::{
    axe,
    browser::Browser,
    campaign::{self, word},
    server::Server,
    tab::{Tab, Theme},
};

/// The table of pages, as its source has it: a page that is added is looked at without being named here.
const TABLE: &str = include_str!("../../crates/dashboard/src/lib.rs");

/// What the table has beside pages.
const NO_PAGES: [&str; 5] = [
    "/workflows/{workflow}/edit/newest",
    "/live",
    "/assets/{hash}/{file}",
    "/favicon.ico",
    "/workflows/{workflow}/import/{import}/faults.csv",
];

/// Width of a telephone. Unit: pixels.
const TELEPHONE: i64 = 375;

/// What addresses of pages name.
pub(crate) struct Names {
    pub(crate) workflow: String,
    pub(crate) lead: String,
    pub(crate) call: String,
}

/// The patterns of pages that can be read.
pub(crate) fn patterns() -> Vec<&'static str> {
    let rows = TABLE.lines().filter_map(|line| line.trim().strip_prefix("get \""));
    let patterns = rows.filter_map(|row| row.split('"').next());
    patterns.filter(|pattern| !NO_PAGES.contains(pattern)).collect()
}

impl Names {
    pub(crate) fn fill(&self, pattern: &str) -> String {
        let path = pattern
            .replace("{workflow}", &self.workflow)
            .replace("{lead}", &self.lead)
            .replace("{call}", &self.call);
        assert!(!path.contains('{'), "{pattern} names something that this test does not know");
        path
    }
}

/// A demo that has something to show on every page: leads in all states, one of them held.
async fn campaign_under_way() -> (Server, Names) {
    let server = Server::demo(&["--leads", "200", "--speed", "3600", "--review"]).await;
    for _ in 0..600 {
        let workflows = server.get("/v1/workflows").await;
        let workflow = word(&workflows["data"][0]["id"]);
        let held =
            server.get(&format!("/v1/workflows/{workflow}/leads?held=review_required")).await;
        let won = server.get(&format!("/v1/workflows/{workflow}/leads?status=completed")).await;
        if let (Some(lead), Some(_)) =
            (held["data"][0]["id"].as_str(), won["data"][0]["id"].as_str())
        {
            let calls = server.get(&format!("/v1/call-logs?lead={lead}")).await;
            let (lead, call) = (lead.to_owned(), word(&calls["data"][0]["id"]));
            return (server, Names { workflow, lead, call });
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the demo comes nowhere");
}

/// What is wrong with the page that is open, and pictures of it.
async fn look_at(tab: &Tab, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for theme in Theme::ALL {
        tab.look(1280, 900, theme).await;
        for found in axe::serious(tab).await.unwrap_or_default() {
            wrong.push(format!("{name}, {}: {found}", theme.word()));
        }
        keep(tab, name, theme.word()).await;
    }
    for theme in Theme::ALL {
        tab.look(TELEPHONE, 812, theme).await;
        let beyond: Vec<String> = tab.ask(BEYOND).await;
        let beyond = beyond.into_iter().take(3);
        wrong.extend(
            beyond.map(|what| format!("{name}, {} narrow: beyond the edge: {what}", theme.word())),
        );
        keep(tab, name, &format!("{}-narrow", theme.word())).await;
    }
    wrong
}

/// The elements that make a page wider than its window.
const BEYOND: &str = "
    document.documentElement.scrollWidth <= innerWidth ? [] :
    [document.documentElement.scrollWidth + ' px', ...[...document.querySelectorAll('main *, header *')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 160))]";

/// Writes a picture of the page, where a folder for it was named.
async fn keep(tab: &Tab, name: &str, how: &str) {
    let Some(folder) = env::var_os("BRANCHLINE_PICTURES").map(PathBuf::from) else { return };
    let file = folder.join(format!("{name}-{how}.png"));
    fs::write(file, tab.picture().await).expect("a picture can be written");
}

/// The pattern as the name of a file.
fn file_name(pattern: &str) -> String {
    let words: Vec<&str> = pattern.split(['/', '{', '}']).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "overview".to_owned() } else { words.join("-") }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_whole_in_both_themes_and_on_a_telephone() {
    let (server, names) = campaign_under_way().await;
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    let mut wrong = Vec::new();
    let seen: BTreeSet<&str> =
        patterns().into_iter().filter(|pattern| *pattern != "/login").collect();
    assert!(seen.len() > 3, "the table of pages is not found where it was: {seen:?}");
    for pattern in seen {
        tab.look(1280, 900, Theme::Light).await;
        tab.open(&names.fill(pattern)).await;
        assert_eq!(tab.count("main h1").await, 1, "{pattern} has one heading of its own");
        wrong.extend(look_at(&tab, &file_name(pattern)).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_what_begins_and_what_has_ended_is_whole() {
    let server = Server::serve().await;
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/").await;
    let mut wrong = look_at(&tab, "overview-empty").await;

    let made = server.post("/v1/workflows", json!({ "title": "Nothing yet" })).await;
    let nothing = word(&made["id"]);
    let (ended, _) = campaign::draft(&server, "Spring offer", &["Asha", "Bo"]).await;
    server.act(&format!("/v1/workflows/{ended}/activate")).await;
    let calls = campaign::claim(&server, 2).await;
    campaign::report(&server, &calls[0].0, "completed").await;
    campaign::report(&server, &calls[1].0, "failed").await;
    server.act(&format!("/v1/workflows/{ended}/cancel")).await;
    let erased = &calls[1].1;
    server.act(&format!("/v1/workflows/{ended}/leads/{erased}/erase")).await;
    let paths = [
        ("workflow-empty", format!("/workflows/{nothing}")),
        ("activate-empty", format!("/workflows/{nothing}/activate")),
        ("leads-empty", format!("/workflows/{nothing}/leads")),
        ("calls-empty", format!("/workflows/{nothing}/calls")),
        ("insights-empty", format!("/workflows/{nothing}/insights")),
        ("revisions-empty", format!("/workflows/{nothing}/revisions")),
        ("edit-empty", format!("/workflows/{nothing}/edit")),
        ("edit-forms", format!("/workflows/{ended}/edit?forms=1")),
        ("workflow-ended", format!("/workflows/{ended}")),
        ("lead-won", format!("/leads/{}", calls[0].1)),
        ("lead-erased", format!("/leads/{erased}")),
        ("not-found", "/leads/lead_00000000-0000-7000-8000-00000000ffff".to_owned()),
    ];
    for (name, path) in paths {
        tab.look(1280, 900, Theme::Light).await;
        tab.open(&path).await;
        wrong.extend(look_at(&tab, name).await);
    }
    // Of the page that is not there.
    browser.hears("404").await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_is_whole_like_every_page() {
    let server = Server::serve().await;
    server.make_key("reader", &["read"]).await;
    let browser = Browser::open().await;
    let tab = browser.tab(&server, "/login").await;
    let wrong = look_at(&tab, "login").await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
