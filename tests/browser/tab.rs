//! A page that is open, and what a person does with it. Nothing sleeps for a fixed time: each step
//! waits until the page is as it says, and gives up aloud.

use std::{fmt::Display, time::Duration};

use chromiumoxide::{
    Page,
    cdp::{
        browser_protocol::{
            emulation::{MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams},
            input::{
                DispatchMouseEventParams, DispatchMouseEventType, InsertTextParams, MouseButton,
            },
            log::{EventEntryAdded, LogEntryLevel},
            page::{
                CaptureScreenshotParams, DialogType, EventJavascriptDialogOpening,
                HandleJavaScriptDialogParams, NavigateParams,
            },
        },
        js_protocol::runtime::{
            ConsoleApiCalledType, EvaluateParams, EventConsoleApiCalled, EventExceptionThrown,
        },
    },
};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser::Complaints;

/// How often a condition is looked at before it is given up.
const LOOKS_MAX: u32 = 600;

/// Between two looks.
const BETWEEN: Duration = Duration::from_millis(100);

/// Movements of the mouse from one end of a drag to the other.
const DRAG_STEPS: u32 = 5;

/// How the page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 2] = [Self::Light, Self::Dark];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// One tab of a browser.
pub(crate) struct Tab {
    page: Page,
    base: String,
}

impl Tab {
    pub(crate) async fn new(page: Page, base: &str, complaints: Complaints) -> Self {
        listen(&page, complaints).await;
        let tab = Self { page, base: base.to_owned() };
        tab.look(1280, 900, Theme::Light).await;
        tab
    }

    /// Goes to a path of the server.
    pub(crate) async fn open(&self, path: &str) {
        self.leave(async {
            let there = NavigateParams::new(format!("{}{path}", self.base));
            // A redirect to another page is no failure.
            let _ = self.page.execute(there).await;
        })
        .await;
    }

    /// Does what leads to another page, and waits until that one is there.
    async fn leave(&self, act: impl Future<Output = ()>) {
        let _: Option<bool> = self.try_ask("window.branchlineWasHere = true").await;
        act.await;
        self.until("document.readyState === 'complete' && !window.branchlineWasHere").await;
    }

    /// The width and height of the window in pixels, and the theme that the person prefers.
    pub(crate) async fn look(&self, width: i64, height: i64, theme: Theme) {
        let size = SetDeviceMetricsOverrideParams::new(width, height, 1.0, false);
        self.page.execute(size).await.expect("the window has a size");
        let prefers = MediaFeature::new("prefers-color-scheme", theme.word());
        let media = SetEmulatedMediaParams::builder().features([prefers]).build();
        self.page.execute(media).await.expect("the window has a theme");
    }

    /// What an expression gives, or `None` while the page goes to another or throws.
    async fn try_ask<T: DeserializeOwned>(&self, expression: &str) -> Option<T> {
        let asked = EvaluateParams::builder()
            .expression(expression)
            .await_promise(true)
            .return_by_value(true)
            .build()
            .expect("an expression");
        let answer = self.page.execute(asked).await.ok()?.result;
        if answer.exception_details.is_some() {
            return None;
        }
        serde_json::from_value(answer.result.value.unwrap_or(Value::Null)).ok()
    }

    /// What an expression gives.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, expression: &str) -> T {
        match self.try_ask(expression).await {
            Some(answer) => answer,
            None => panic!("{expression} gives nothing on this page:\n{}", self.describe().await),
        }
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        let whether = format!("Boolean({expression})");
        for _ in 0..LOOKS_MAX {
            if self.try_ask::<bool>(&whether).await == Some(true) {
                return;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        panic!("this never came true: {expression}\non this page:\n{}", self.describe().await);
    }

    /// Waits until the page says something.
    pub(crate) async fn until_says(&self, words: &str) {
        self.until(&format!("document.body.innerText.includes({})", json!(words))).await;
    }

    /// The page in words, for whoever reads that a test failed.
    async fn describe(&self) -> String {
        let told = "location.href + '\\n' + document.body.innerText.slice(0, 3000)";
        self.try_ask(told).await.unwrap_or_else(|| "(it cannot be asked)".into())
    }

    /// The path and query that the tab is at.
    pub(crate) async fn path(&self) -> String {
        self.ask("location.pathname + location.search").await
    }

    /// How many elements a selector finds.
    pub(crate) async fn count(&self, selector: &str) -> u64 {
        self.ask(&format!("document.querySelectorAll({}).length", json!(selector))).await
    }

    /// Marks the document: gone when the page is loaded again.
    pub(crate) async fn mark(&self) {
        let _: bool = self.ask("window.branchlineMark = true").await;
    }

    /// Whether it is the document that was marked.
    pub(crate) async fn is_marked(&self) -> bool {
        self.ask("window.branchlineMark === true").await
    }

    /// Clicks what has these words on it.
    pub(crate) async fn press(&self, words: &str) {
        let (x, y) = self.point(&with_words(words)).await;
        self.click(x, y).await;
    }

    /// Clicks what has these words on it and leads to another page.
    pub(crate) async fn press_to(&self, words: &str) {
        let (x, y) = self.point(&with_words(words)).await;
        self.leave(self.click(x, y)).await;
    }

    /// The middle of the first element that a selector finds.
    pub(crate) async fn middle_of(&self, selector: &str) -> (f64, f64) {
        self.point(&first(selector)).await
    }

    /// Clicks the first element that a selector finds.
    pub(crate) async fn press_at(&self, selector: &str) {
        let (x, y) = self.point(&first(selector)).await;
        self.click(x, y).await;
    }

    /// Clicks the first element that a selector finds and that leads to another page.
    pub(crate) async fn press_at_to(&self, selector: &str) {
        let (x, y) = self.point(&first(selector)).await;
        self.leave(self.click(x, y)).await;
    }

    /// Types into a field, in the place of what is in it.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        self.press_at(selector).await;
        let field = first(selector);
        let _: Value = self.ask(&format!("{field}.select?.()")).await;
        self.page.execute(InsertTextParams::new(text)).await.expect("text can be typed");
        self.until(&format!("{field}.value === {}", json!(text))).await;
    }

    /// Chooses what a list offers, by its value.
    pub(crate) async fn choose(&self, selector: &str, value: &str) {
        let list = first(selector);
        let value = json!(value);
        self.until(&format!("[...{list}.options].some((option) => option.value === {value})"))
            .await;
        let choose = format!(
            "((list) => {{ list.value = {value}; \
             for (const name of ['input', 'change']) \
             list.dispatchEvent(new Event(name, {{ bubbles: true }})); return list.value; }})({list})"
        );
        assert_eq!(self.ask::<Value>(&choose).await, value, "{selector}");
    }

    /// The middle of what an expression finds, when it is in sight and nothing lies on it.
    async fn point(&self, element: &str) -> (f64, f64) {
        let look = format!(
            "((element) => {{
                if (!element || element.disabled) return null;
                element.scrollIntoView({{ block: 'nearest', inline: 'nearest', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                if (!box.width || !box.height) return null;
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const top = document.elementFromPoint(x, y);
                return top && (element.contains(top) || top.contains(element)) ? [x, y] : null;
            }})({element})"
        );
        for _ in 0..LOOKS_MAX {
            if let Some(Some(point)) = self.try_ask::<Option<(f64, f64)>>(&look).await {
                return point;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        panic!("nobody can click {element} on this page:\n{}", self.describe().await);
    }

    async fn click(&self, x: f64, y: f64) {
        self.mouse(DispatchMouseEventType::MouseMoved, (x, y), false).await;
        self.mouse(DispatchMouseEventType::MousePressed, (x, y), true).await;
        self.mouse(DispatchMouseEventType::MouseReleased, (x, y), false).await;
    }

    /// Presses the button at one point, moves to another, and lets go there.
    pub(crate) async fn drag(&self, from: (f64, f64), to: (f64, f64)) {
        self.mouse(DispatchMouseEventType::MouseMoved, from, false).await;
        self.mouse(DispatchMouseEventType::MousePressed, from, true).await;
        for step in 1..=DRAG_STEPS {
            let part = f64::from(step) / f64::from(DRAG_STEPS);
            let way = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            self.mouse(DispatchMouseEventType::MouseMoved, way, true).await;
        }
        self.mouse(DispatchMouseEventType::MouseReleased, to, false).await;
    }

    async fn mouse(&self, kind: DispatchMouseEventType, (x, y): (f64, f64), is_down: bool) {
        let is_move = kind == DispatchMouseEventType::MouseMoved;
        let button = if is_move && !is_down { MouseButton::None } else { MouseButton::Left };
        let event = DispatchMouseEventParams::builder()
            .r#type(kind)
            .x(x)
            .y(y)
            .button(button)
            .buttons(i64::from(is_down))
            .click_count(i64::from(!is_move));
        // A click may lead away before it is answered.
        let _ = self.page.execute(event.build().expect("a movement of the mouse")).await;
    }

    /// A picture of what is in the window.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.page.screenshot(CaptureScreenshotParams::default()).await.expect("a picture")
    }

    /// Closes the tab.
    pub(crate) async fn close(self) {
        self.page.close().await.expect("a tab can be closed");
    }
}

/// The number that a page keeps fresh under a key, as an expression.
pub(crate) fn number(key: &str) -> String {
    let number = first(&format!("[data-live=\"{key}\"]"));
    format!("Number({number}.innerText.replaceAll(',', ''))")
}

fn first(selector: &str) -> String {
    format!("document.querySelector({})", json!(selector))
}

/// Finds what can be pressed and has these words on it, in sight.
fn with_words(words: impl Display) -> String {
    let words = json!(words.to_string());
    format!(
        "[...document.querySelectorAll('a, button, summary, [role=button], [role=tab]')].find((one) => \
         one.checkVisibility() && one.innerText.trim() === {words})"
    )
}

/// Hears what pages complain of.
async fn listen(page: &Page, complaints: Complaints) {
    let mut console = page.event_listener::<EventConsoleApiCalled>().await.expect("the console");
    let mut thrown = page.event_listener::<EventExceptionThrown>().await.expect("exceptions");
    let mut log = page.event_listener::<EventEntryAdded>().await.expect("the log");
    let mut dialogs = page.event_listener::<EventJavascriptDialogOpening>().await.expect("dialogs");
    let heard = complaints.clone();
    tokio::spawn(async move {
        while let Some(event) = console.next().await {
            if matches!(event.r#type, ConsoleApiCalledType::Error | ConsoleApiCalledType::Assert) {
                let said = event.args.iter().filter_map(|arg| {
                    arg.value.as_ref().map(Value::to_string).or_else(|| arg.description.clone())
                });
                heard.add(format!("console: {}", said.collect::<Vec<_>>().join(" ")));
            }
        }
    });
    let heard = complaints.clone();
    tokio::spawn(async move {
        while let Some(event) = thrown.next().await {
            let details = &event.exception_details;
            let what = details.exception.as_ref().and_then(|what| what.description.clone());
            heard.add(format!("exception: {} {}", details.text, what.unwrap_or_default()));
        }
    });
    let heard = complaints.clone();
    tokio::spawn(async move {
        while let Some(event) = log.next().await {
            let entry = &event.entry;
            if entry.level == LogEntryLevel::Error {
                let place = entry.url.clone().unwrap_or_default();
                heard.add(format!("log: {} {place}", entry.text));
            }
        }
    });
    let answers = page.clone();
    tokio::spawn(async move {
        while let Some(event) = dialogs.next().await {
            // A page with unsaved work may ask before it goes.
            if event.r#type != DialogType::Beforeunload {
                complaints.add(format!("dialog: {}", event.message));
            }
            let _ = answers.execute(HandleJavaScriptDialogParams::new(true)).await;
        }
    });
}
