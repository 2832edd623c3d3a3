//! Those who take their time, and those who only sit there.

use std::time::Duration;

use super::{
    Size,
    bystander::Bystander,
    crowd::Crowd,
    target::{Target, may_connect},
};
use crate::operator::directory::workflow;

const HOST: &str = "host: 127.0.0.1\r\n";

/// Source: docs/http-limits.md, `head_timeout_s`.
#[test]
fn slow_heads_are_408_and_nobody_else_waits() {
    let size = Size::of_run();
    if !may_connect(size.slow) {
        return;
    }
    let target = Target::start("");
    let bystander = Bystander::of(target.address());
    let first = format!("GET /healthz HTTP/1.1\r\n{HOST}x: ");
    let mut crowd = Crowd::gather(target.address(), size.slow, first.as_bytes());
    crowd.drip(b"y", Duration::from_millis(250));
    bystander.was_served("slow heads");
    crowd.were_told(408, "slow_head");
    target.stayed_small("slow heads");
}

/// JSON, a form and a file, each dripping. Source: docs/http-limits.md, `body_idle_s`,
/// `body_min_bytes_per_s`.
#[test]
fn slow_bodies_are_408_and_nobody_else_waits() {
    let size = Size::of_run();
    if !may_connect(size.slow) {
        return;
    }
    let target = Target::start("");
    let leads = format!("{}/leads", workflow(target.address()));
    let bystander = Bystander::of(target.address());
    let form = "multipart/form-data; boundary=b";
    let part = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nphone_number\n";
    let mut crowd = Crowd::default();
    for (path, kind, begins) in [
        ("/v1/workflows", "application/json", "{\"title\": \""),
        (&leads, form, part),
        (&leads, "text/csv", "phone_number\n"),
        ("/v1/call-logs/status", "application/json", "{\"reports\": ["),
    ] {
        let first = format!(
            "POST {path} HTTP/1.1\r\n{HOST}content-type: {kind}\r\ncontent-length: 60000\r\n\r\n{begins}"
        );
        let some = Crowd::gather(target.address(), size.slow / 4, first.as_bytes());
        crowd.members.extend(some.members);
    }
    crowd.drip(b" ", Duration::from_millis(250));
    bystander.was_served("slow bodies");
    crowd.were_told(408, "slow_body");
    target.stayed_small("slow bodies");
}

/// Source: docs/http-limits.md, `connections_max`, `keep_alive_s`.
#[test]
fn idle_connections_are_kept_and_nobody_else_waits() {
    let size = Size::of_run();
    if !may_connect(size.idle) {
        return;
    }
    let target = Target::start("");
    let bystander = Bystander::of(target.address());
    // Each asks once: one that never does is ended sooner.
    let ask = format!("GET /healthz HTTP/1.1\r\n{HOST}\r\n");
    let mut crowd = Crowd::gather(target.address(), size.idle, ask.as_bytes());
    crowd.go_on_until(Duration::from_millis(50), |crowd| {
        crowd.listen();
        crowd.members.iter().all(|member| member.ended || !member.heard.is_empty())
    });
    std::thread::sleep(Duration::from_secs(3));
    crowd.listen();
    bystander.was_served("idle connections");
    target.stayed_small("idle connections");
    let kept = crowd.members.iter().filter(|member| !member.ended).count();
    eprintln!("idle connections: {kept} of {} were kept", size.idle);
    // The bystander's own take the place of a few, once there are as many as there may be.
    assert!(kept * 100 >= size.idle * 90, "{kept}");
    for member in crowd.members.iter().filter(|member| !member.ended) {
        assert!(member.heard.starts_with(b"HTTP/1.1 200 "), "each was answered before");
    }
}

/// More than there is room for, and none of them says anything. Source: docs/http-limits.md,
/// `connections_max`, `head_timeout_s`.
#[test]
fn connections_on_which_nothing_is_asked_make_way() {
    let count = Size::of_run().idle.max(1_000);
    if !may_connect(count) {
        return;
    }
    let target = Target::start(&format!("connections_max = {}\n", count / 2));
    let bystander = Bystander::of(target.address());
    let mut crowd = Crowd::gather(target.address(), count, b"");
    crowd.go_on_until(Duration::from_millis(50), |crowd| {
        crowd.listen();
        crowd.members.iter().all(|member| member.ended)
    });
    bystander.was_served("silent connections");
    target.stayed_small("silent connections");
    assert!(crowd.members.iter().all(|member| member.heard.is_empty()), "nothing came of nothing");
}
