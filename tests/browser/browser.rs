//! A browser of a test's own: with cookies, storage and workers that no other test sees.

use std::{
    env,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chromiumoxide::{
    Browser as Chromium, BrowserConfig,
    cdp::browser_protocol::target::{GetTargetsParams, TargetInfo},
};
use futures_util::StreamExt as _;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{server::Server, tab::Tab};

/// How often a test looks whether a complaint was heard, before it gives up: half a minute in all.
const HEARD_MAX: u32 = 600;

/// What pages said that they should not have said.
#[derive(Clone, Default)]
pub(crate) struct Complaints(Arc<Mutex<Vec<String>>>);

impl Complaints {
    pub(crate) fn add(&self, complaint: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
    }

    /// Takes what has been said so far.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A browser, which ends with this; then no page may have complained.
pub(crate) struct Browser {
    chromium: Chromium,
    events: JoinHandle<()>,
    complaints: Complaints,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn open() -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser");
        let config = BrowserConfig::builder()
            .chrome_executable(program())
            .user_data_dir(profile.path())
            .new_headless_mode()
            // Only pages of ours are opened, and containers have no sandbox.
            .no_sandbox()
            // Each tab says itself how large it is.
            .viewport(None)
            .window_size(1280, 900)
            // Two cores, on which the server and another browser run too.
            .launch_timeout(Duration::from_secs(90))
            .request_timeout(Duration::from_secs(90))
            .build()
            .expect("a browser can be described");
        let (chromium, mut handler) = Chromium::launch(config).await.expect("the browser starts");
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Self { chromium, events, complaints: Complaints::default(), _profile: profile }
    }

    /// Opens a page of the server in a new tab.
    pub(crate) async fn tab(&self, server: &Server, path: &str) -> Tab {
        let page = self.chromium.new_page("about:blank").await.expect("a new tab");
        let tab = Tab::new(page, &server.at(""), self.complaints.clone()).await;
        tab.open(path).await;
        tab
    }

    /// What pages complain of with these words is the test's own doing: waits until it is heard, and
    /// until nothing else is.
    pub(crate) async fn hears(&self, words: &str) {
        let mut heard = Vec::new();
        for _ in 0..HEARD_MAX {
            heard.append(&mut self.complaints.take());
            let others: Vec<&String> = heard.iter().filter(|line| !line.contains(words)).collect();
            assert!(others.is_empty(), "pages complained of more than {words}: {others:?}");
            if !heard.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no page complained of {words}");
    }

    /// The shared workers that run.
    pub(crate) async fn shared_workers(&self) -> Vec<TargetInfo> {
        let targets = self.chromium.execute(GetTargetsParams::default()).await;
        let mut targets = targets.expect("the browser tells its targets").result.target_infos;
        targets.retain(|target| target.r#type == "shared_worker");
        targets
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.events.abort();
        if !std::thread::panicking() {
            assert_eq!(self.complaints.take(), Vec::<String>::new(), "pages complained");
        }
    }
}

/// Chromium, as `tests/browser/run` has found it.
fn program() -> PathBuf {
    let told = env::var_os("BRANCHLINE_CHROMIUM").map(PathBuf::from);
    told.expect("BRANCHLINE_CHROMIUM names the browser: start tests/browser/run")
}
