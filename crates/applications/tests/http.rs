//! Requests against a small server of ours: what is sent, and what each kind of answer means.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stop at the first surprise"
)]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use branchline_applications::{HttpActions, HttpSettings, Secret, Secrets};
use branchline_domain::{
    graph::HttpAction,
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    value::Value,
};
use branchline_engine::applications::{
    ApplicationAction, ApplicationEnd, ApplicationReply, ApplicationRequest, HttpRunner as _,
};

/// Longest that any test waits for what must happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that answers connections one after the other, each in its own way, and tells what it
/// was sent.
struct Server {
    address: SocketAddr,
    heard: mpsc::Receiver<String>,
}

/// What is done with a connection once its request is there.
type Answer = Box<dyn FnOnce(&mut TcpStream) + Send>;

impl Server {
    fn with(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (told, heard) = mpsc::channel();
        thread::spawn(move || {
            for answer in answers {
                let Ok((mut stream, _)) = listener.accept() else { return };
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let request = request(&mut stream);
                let _ = told.send(request);
                answer(&mut stream);
            }
        });
        Self { address, heard }
    }

    fn saying(text: impl Into<String>) -> Self {
        Self::with(vec![says(text)])
    }

    fn heard(&self) -> String {
        self.heard.recv_timeout(PATIENCE).expect("the server was asked")
    }
}

/// Head and body of one request.
fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        let count = stream.read(&mut chunk).unwrap_or(0);
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            // Not HTTP at all, or nothing.
            if count == 0 || read.first() == Some(&0x16) {
                return text;
            }
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) || count == 0 {
            return text;
        }
    }
}

fn says(text: impl Into<String>) -> Answer {
    let text = text.into();
    Box::new(move |stream| {
        let _ = stream.write_all(text.as_bytes());
    })
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

fn action(json: serde_json::Value) -> HttpAction {
    serde_json::from_value(json).unwrap()
}

fn get(address: impl std::fmt::Display) -> HttpAction {
    action(
        serde_json::json!({"method": "GET", "url": format!("http://{address}/leads?a={{{{city}}}}")}),
    )
}

fn try_of(action: &HttpAction, timeout: Duration) -> ApplicationRequest {
    ApplicationRequest {
        lead_id: LeadId::from_u128(1),
        workflow_id: WorkflowId::from_u128(2),
        organisation_id: OrganisationId::DEFAULT,
        node_id: NodeId::from_u128(3),
        visit: 4,
        attempt: 1,
        idempotency_key: "lead_1_4".into(),
        phone_number: Some("+4915112345678".into()),
        variables: [("city".to_owned(), "Bad Orb".into())].into(),
        action: ApplicationAction::Http(Box::new(action.clone())),
        timeout,
    }
}

fn runner(secrets: Secrets) -> HttpActions {
    HttpActions::start(HttpSettings { allow_private_addresses: true, secrets }).unwrap()
}

async fn run_within(
    runner: &HttpActions,
    action: HttpAction,
    timeout: Duration,
) -> ApplicationReply {
    let request = try_of(&action, timeout);
    tokio::time::timeout(PATIENCE, runner.run(request, action)).await.expect("a try has an end")
}

async fn run(action: HttpAction) -> ApplicationReply {
    run_within(&runner(Secrets::default()), action, PATIENCE / 2).await
}

const FOR_GOOD: ApplicationEnd = ApplicationEnd::Failure { retryable: false };
const MAY_PASS: ApplicationEnd = ApplicationEnd::Failure { retryable: true };

#[tokio::test]
async fn a_request_carries_its_key_and_its_answer_becomes_fields() {
    let server = Server::saying(http(
        "201 Created",
        "Content-Type: application/json\r\n",
        r#"{"id": "crm-7", "score": 12.5, "token": "hush", "echo": "Bearer s3cret!"}"#,
    ));
    let mut secrets = Secrets::default();
    let host = Secret { value: "s3cret!".into(), hosts: ["127.0.0.1".into()].into() };
    secrets.insert("CRM_TOKEN", host).unwrap();
    let action = action(serde_json::json!({
        "method": "POST",
        "url": format!("http://{}/leads/{{{{city}}}}", server.address),
        "headers": {"Authorization": "Bearer {{secret:CRM_TOKEN}}", "X-City": "{{city}}"},
        "body": {"phone": "{{phone_number}}"},
    }));
    let runner = runner(secrets);
    assert!(runner.takes(&action));
    let reply = run_within(&runner, action, PATIENCE / 2).await;

    assert_eq!(reply.end, ApplicationEnd::Success);
    assert_eq!(reply.fields.get("status_code"), Some(&Value::from(201)));
    assert_eq!(reply.fields.get("id"), Some(&Value::from("crm-7")));
    let heard = server.heard();
    assert!(heard.starts_with("POST /leads/Bad%20Orb HTTP/1.1\r\n"), "{heard}");
    let agent = concat!("user-agent: branchline/", env!("CARGO_PKG_VERSION"));
    for line in [
        "authorization: Bearer s3cret!",
        "x-city: Bad Orb",
        "content-type: application/json",
        "idempotency-key: lead_1_4",
        agent,
        "\r\n\r\n{\"phone\":\"+4915112345678\"}",
    ] {
        assert!(heard.contains(line), "{line} is not in {heard}");
    }
    let evidence = format!("{}{}", reply.request.unwrap(), reply.response.unwrap());
    for personal in ["s3cret!", "Bad", "+49151", "hush"] {
        assert!(!evidence.contains(personal), "{personal} is in {evidence}");
    }
    assert!(evidence.contains("crm-7") && evidence.contains("{{city}}"), "{evidence}");
}

#[tokio::test]
async fn a_broken_server_may_be_asked_again_and_a_refusal_is_final() {
    let server = Server::with(vec![
        says(http("500 Internal Server Error", "", "oops")),
        says(http("200 OK", "", "fine")),
        says(http("404 Not Found", "", "")),
    ]);
    let runner = runner(Secrets::default());
    let mut ends = Vec::new();
    for _ in 0..3 {
        ends.push(run_within(&runner, get(server.address), PATIENCE / 2).await.end);
    }
    assert_eq!(ends, [MAY_PASS, ApplicationEnd::Success, FOR_GOOD]);
    let keys = (0..3).map(|_| server.heard().contains("idempotency-key: lead_1_4"));
    assert!(keys.into_iter().all(|same| same), "all tries of a visit have one key");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let location = format!("Location: http://{}/\r\n", other.local_addr().unwrap());
    let server = Server::saying(http("302 Found", &location, ""));
    let reply = run(get(server.address)).await;
    assert_eq!(reply.end, FOR_GOOD);
    assert_eq!(reply.fields.get("status_code"), Some(&Value::from(302)));
    assert!(other.accept().is_err(), "nobody was asked in its place");
}

#[tokio::test]
async fn a_huge_answer_is_read_in_part() {
    let body = format!(r#"{{"id": "7", "rest": "{}"}}"#, "x".repeat(1 << 20));
    let server = Server::saying(http("200 OK", "Content-Type: application/json\r\n", &body));
    let reply = run(get(server.address)).await;
    assert_eq!(reply.end, ApplicationEnd::Success);
    assert_eq!(reply.fields.len(), 1, "half a document says nothing for sure");
    let response = reply.response.unwrap().to_string();
    assert!(response.len() < 2_000 && response.contains(r#""body_is_whole":false"#));
}

#[tokio::test]
async fn silence_slowness_and_a_broken_connection_may_pass() {
    let (done, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let silent = Arc::clone(&held);
    let hold = move |held: &std::sync::Mutex<mpsc::Receiver<()>>| {
        // Until the test has its answer.
        let _ = held.lock().unwrap().recv_timeout(PATIENCE);
    };
    let silence = Server::with(vec![Box::new(move |_| hold(&silent))]);
    let slowness = Server::with(vec![Box::new(move |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal");
        hold(&held);
    })]);
    let broken = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal");
    let reset = Server::with(vec![Box::new(|_| {})]);
    let nonsense = Server::saying("no HTTP at all\r\n\r\n");
    let runner = runner(Secrets::default());
    let little = Duration::from_millis(300);
    for (server, within, words) in [
        (&silence, little, "no whole answer within"),
        (&slowness, little, "no whole answer within"),
        (&broken, PATIENCE / 2, "the connection broke"),
        (&reset, PATIENCE / 2, "the connection broke"),
        (&nonsense, PATIENCE / 2, "the connection broke"),
    ] {
        let reply = run_within(&runner, get(server.address), within).await;
        assert_eq!(reply.end, MAY_PASS, "{reply:?}");
        let error = reply.error.unwrap();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("Bad") && !error.contains("leads"), "the address is in {error}");
        assert!(reply.request.is_some() && reply.response.is_none());
    }
    drop(done);
}

#[tokio::test]
async fn nobody_at_the_address_and_no_tls_there_may_pass() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let reply = run(get(gone)).await;
    assert_eq!(reply.end, MAY_PASS);
    assert!(reply.error.unwrap().starts_with("cannot connect: "));
    let server = Server::saying("this is not TLS\r\n\r\n");
    let secure =
        action(serde_json::json!({"method": "GET", "url": format!("https://{}/", server.address)}));
    let reply = run(secure).await;
    assert_eq!(reply.end, MAY_PASS, "{reply:?}");
    assert!(reply.error.unwrap().starts_with("cannot connect: "));
}

#[tokio::test]
async fn our_own_network_is_not_asked_unless_that_is_allowed() {
    let server = Server::saying(http("200 OK", "", "secret of the house"));
    let port = server.address.port();
    let runner = HttpActions::start(HttpSettings::default()).unwrap();
    for host in ["127.0.0.1", "localhost", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"] {
        let reply = run_within(&runner, get(format!("{host}:{port}")), PATIENCE / 2).await;
        assert_eq!(reply.end, FOR_GOOD, "{host}: {reply:?}");
        let error = reply.error.unwrap();
        assert!(error.contains("private, local or special"), "{host}: {error}");
    }
    assert!(server.heard.try_recv().is_err(), "nobody was asked");
    assert_eq!(run(get(format!("localhost:{port}"))).await.end, ApplicationEnd::Success);
}

#[tokio::test]
async fn a_request_that_cannot_be_filled_in_is_not_sent() {
    let server = Server::saying(http("200 OK", "", ""));
    let mut action = get(server.address);
    action.method = Some("{{city}}".into());
    let reply = run(action).await;
    assert_eq!(reply.end, FOR_GOOD);
    assert!(reply.error.unwrap().contains("method"));
    assert!(server.heard.try_recv().is_err());
}

#[tokio::test]
async fn a_secret_goes_only_to_its_hosts_and_only_over_tls() {
    let secrets = || {
        let mut secrets = Secrets::default();
        let secret = Secret { value: "s3cret!".into(), hosts: ["crm.example.com".into()].into() };
        secrets.insert("CRM_TOKEN", secret).unwrap();
        secrets
    };
    let asking = |url: &str| {
        action(serde_json::json!({
            "method": "GET", "url": url, "headers": {"Authorization": "{{secret:CRM_TOKEN}}"},
        }))
    };
    let careful =
        HttpActions::start(HttpSettings { allow_private_addresses: false, secrets: secrets() });
    let careful = careful.unwrap();
    assert!(careful.takes(&asking("https://crm.example.com/a")));
    assert!(careful.takes(&asking("https://CRM.example.com:8443")));
    assert!(!careful.takes(&asking("http://crm.example.com/a")), "not in clear");
    assert!(!careful.takes(&asking("https://evil.example.com/a")), "not to others");
    assert!(!careful.takes(&asking("https://crm.example.com@evil.example.com/")));
    let lenient = runner(secrets());
    assert!(lenient.takes(&asking("http://crm.example.com/a")));
    let unknown = runner(Secrets::default());
    assert!(!unknown.takes(&asking("https://crm.example.com/a")));
    assert!(unknown.takes(&get("crm.example.com")), "it names no secret");
}
