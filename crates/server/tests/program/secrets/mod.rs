//! Secrets are planted in every place where one can be, and looked for in everything that the program
//! leaves: log, answers, metrics, events, journal, files.

mod bodies;
mod markers;
mod place;
mod requests;

pub(crate) use self::place::files;

use std::fs;

use branchline_log::{
    Evidence, Format, Subject, list,
    show::{self, Wanted},
};
use branchline_testkit::legible;
use serde_json::{Value, json};

use self::{markers::Markers, place::Place, requests::Requests};
use crate::{applications::OtherSystem, operator::directory::done, server::eventually};

/// Files of a data directory that are there to hold a secret, for their owner alone.
const HOLDERS: [&str; 3] = ["admin-token", "leads.keys", "organisations.keys"];

/// A whole story: what was planted, and what was heard.
struct Story {
    place: Place,
    address: std::net::SocketAddr,
    /// In no answer, no line and no file.
    secrets: Markers,
    /// Of one organisation's leads: in nothing but answers to itself.
    personal: Markers,
    /// All answers, with what they answer.
    answers: Vec<(String, String)>,
}

impl Story {
    /// Asks as whoever has these credentials; gives the body.
    fn ask(&mut self, credentials: &str, line: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let request = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer \
             {credentials}\r\n{kind}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.place.say(self.address, request.as_bytes());
        let (_, told) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let told = serde_json::from_str(told).unwrap_or_else(|_| json!(told));
        self.answers.push((line.into(), answer));
        told
    }

    /// The same, and it goes well.
    #[track_caller]
    fn done(&mut self, credentials: &str, line: &str, body: Option<&Value>) -> Value {
        let told = self.ask(credentials, line, body);
        let (_, answer) = self.answers.last().unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{line}: {answer}");
        told
    }

    /// A workflow that asks another system with a secret, then calls; gives its path.
    fn workflow(&mut self, key: &str, other: std::net::SocketAddr) -> String {
        let settings = json!({"title": "Spring", "settings": {"default_country": "US"}});
        let made = self.done(key, "POST /v1/workflows", Some(&settings));
        let path = format!("/v1/workflows/{}", made["id"].as_str().unwrap());
        let graph = json!({
            "nodes": [
                {"id": "ask", "node_type": "APPLICATION", "label": "Ask", "entry": true, "config": {
                    "http": {
                        "method": "POST", "url": format!("http://{other}/leads"),
                        "headers": {"Authorization": "Bearer {{secret:CRM_TOKEN}}"},
                        "body": {"name": "{{name}}"},
                    },
                }},
                {"id": "call", "node_type": "VOICE_CALL", "label": "Intro",
                 "config": {"from_phone_number": "+12025550100"}},
                {"id": "won", "node_type": "CONVERTED", "label": "Won"},
                {"id": "lost", "node_type": "DROPPED", "label": "Lost"},
            ],
            "edges": [
                {"from_node_id": "ask", "to_node_id": "call", "label": "success"},
                {"from_node_id": "ask", "to_node_id": "lost", "label": "failure"},
                {"from_node_id": "call", "to_node_id": "won", "label": "COMPLETED"},
                {"from_node_id": "call", "to_node_id": "lost"},
            ],
        });
        let put = format!("PUT {path}/graph");
        let body = graph.to_string();
        let request = format!(
            "{put} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\nif-match: \"0\"\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.place.say(self.address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
        self.answers.push((put, answer));
        self.done(key, &format!("POST {path}/activate"), None);
        path
    }

    /// A lead with something personal everywhere, called to its end; gives its path.
    fn lead(&mut self, key: &str, workflow: &str) -> String {
        let number = "2125557731";
        self.personal.add("phone number of a lead", number);
        let mut personal = |place| self.personal.plant(place);
        let lead = json!({
            "phone_number": format!("+1{number}"),
            "variables": {"name": personal("variable of a lead")},
            "notes": personal("notes of a lead"),
        });
        let attributes = json!({"mood": personal("attribute of a call")});
        let line = format!("POST {workflow}/leads");
        let enrolled = self.done(key, &line, Some(&json!({"leads": [lead]})));
        let lead = format!("{workflow}/leads/{}", enrolled["lead_ids"][0].as_str().unwrap());
        let call = eventually("the lead has a call", || {
            self.done(key, "POST /v1/call-logs/claim", Some(&json!({"max": 9, "lease_s": 600})));
            let found = self.done(key, &format!("GET {lead}"), None);
            found["call_id"].as_str().map(ToOwned::to_owned)
        });
        let report = json!({"status": "completed", "attributes": attributes});
        self.done(key, &format!("POST /v1/call-logs/{call}/status"), Some(&report));
        lead
    }

    /// What others, and those who look after the server, see.
    fn look_around(&mut self, stranger: &str, key: &str, token: &str, lead: &str) -> Vec<String> {
        let workflow = lead.split("/leads/").next().unwrap().to_owned();
        let from = self.answers.len();
        for line in [
            "GET /v1/workflows",
            "GET /v1/call-logs",
            "GET /v1/call-logs.csv",
            "GET /v1/keys",
            "GET /v1/refused-actions",
            "GET /v1/events?limit=1000",
            "GET /metrics",
            "GET /openapi.json",
            "GET /",
            "GET /docs/",
            "GET /healthz",
            "GET /readyz",
            "GET /v1/leads?phone_number=%2B12125557731",
            &format!("GET {lead}"),
            &format!("GET {lead}/history"),
            &format!("GET {lead}/explain"),
            &format!("GET {workflow}"),
            &format!("GET {workflow}/leads"),
            &format!("GET {workflow}/leads.csv"),
            &format!("POST {lead}/resolve"),
            &format!("DELETE {lead}"),
            &format!("POST {lead}/erase"),
        ] {
            self.ask(stranger, line, None);
        }
        // Of its own organisation too, what is told of everything names nobody.
        self.done(key, "GET /v1/events?limit=1000", None);
        self.done(key, "GET /v1/keys", None);
        self.done(key, "GET /v1/refused-actions", None);
        self.done(token, "GET /v1/admin/head", None);
        self.done(token, "GET /v1/admin/records?limit=1000", None);
        self.answers[from..].iter().map(|(_, answer)| answer.clone()).collect()
    }
}

/// What a reader of the journal is shown of every stream.
fn audited(data: &std::path::Path) -> String {
    let evidence = Evidence::open(data).unwrap();
    let mut told = Vec::new();
    list::run(&evidence, Format::Text, &mut told).unwrap();
    let streams = String::from_utf8(told.clone()).unwrap();
    let ids = streams.split_whitespace().filter_map(|word| Subject::parse(word).ok());
    let mut count = 0;
    for subject in ids {
        for format in [Format::Text, Format::Json] {
            let wanted = Wanted { subject, call: None, phone_numbers: false, format };
            show::run(&evidence, wanted, &mut told).unwrap();
            count += 1;
        }
    }
    assert!(count >= 6, "a lead, a workflow and an organisation at least: {streams}");
    String::from_utf8(told).unwrap()
}

#[test]
fn a_secret_is_in_nothing_that_the_program_leaves() {
    let (mut secrets, personal) = (Markers::default(), Markers::default());
    let mut place = Place::new();
    fs::copy(place.file("cert.pem"), place.file("shown.pem")).unwrap();
    let pem = fs::read_to_string(place.file("key.pem")).unwrap();
    secrets.add("TLS key", pem.lines().nth(1).unwrap());
    let journal_key = place.file("journal.key").display().to_string();
    let data = place.data();
    done(&data, &["keys", "new", "--name", "example.com/journal", "--out", &journal_key]);
    let signing = fs::read_to_string(&journal_key).unwrap();
    let signing = signing.trim().splitn(5, '+').last().unwrap();
    secrets.add("key that signs heads", signing);
    let scopes = "read,operate,resolve,ingest,admin,audit";
    let mut make = |flags: &[&str]| {
        let made = done(&data, &[&["keys", "create", "--scope", scopes, "--name"], flags].concat());
        let secret = made.trim().split_once(':').unwrap().1;
        for part in [secret, &secret[..20], &secret[secret.len() - 20..]] {
            secrets.add("API key", part);
        }
        made.trim().to_owned()
    };
    let (key, stranger) = (make(&["own"]), make(&["stranger", "--organisation", "new"]));
    let mut variable = |name: &str| (format!("BRANCHLINE_{name}"), secrets.plant(name));
    let variables =
        ["SECRET_CRM_TOKEN", "SECRET_OTHER_TOKEN", "API_KEY", "TOKEN"].map(&mut variable);
    let environment: Vec<_> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();

    let address = place.serve(&environment);
    let token = fs::read_to_string(data.join("admin-token")).unwrap().trim().to_owned();
    secrets.add("operator's token", &token);
    let other = OtherSystem::answering(vec![Some("{\"ok\": true}")]);
    let mut story = Story { place, address, secrets, personal, answers: Vec::new() };
    let workflow = story.workflow(&key, other.address);
    let lead = story.lead(&key, &workflow);
    assert!(other.heard().contains(&variables[0].1), "where it belongs");

    let all = {
        let markers = &mut story.secrets;
        let mut requests =
            Requests { markers, credentials: &key, workflow: &workflow, all: Vec::new() };
        requests.as_strangers();
        requests.in_headers();
        requests.in_lines();
        requests.in_bodies();
        requests.all
    };
    for planted in all {
        let answer = story.place.say(address, &planted.bytes);
        assert!(!answer.starts_with("HTTP/1.1 5"), "{}: {answer}", planted.place);
        story.answers.push((planted.place, answer));
    }
    let broken = story.secrets.plant("a broken TLS key");
    let text = format!("-----BEGIN PRIVATE KEY-----\n{broken}!\n-----END PRIVATE KEY-----\n");
    fs::write(story.place.file("key.pem"), text).unwrap();
    story.place.hang_up();
    eventually("the broken key is told", || {
        story.place.log().contains("stays in use").then_some(())
    });
    let around = story.look_around(&stranger, &key, &token, &lead);
    story.place.stop();
    story.nowhere(&around);
}

impl Story {
    fn nowhere(&self, around: &[String]) {
        let mut found = Vec::new();
        let mut look = |where_: &str, bytes: &[u8], markers: &[&Markers]| {
            for marker in markers.iter().flat_map(|markers| markers.found_in(bytes)) {
                found.push(format!("{where_} has {marker}"));
            }
        };
        let both = [&self.secrets, &self.personal];
        for (line, answer) in &self.answers {
            look(&format!("the answer to {line}"), answer.as_bytes(), &both[..1]);
        }
        for answer in around {
            look("what others see", answer.as_bytes(), &both[1..]);
        }
        look("the log", self.place.log().as_bytes(), &both);
        look("branchline-log", audited(&self.place.data()).as_bytes(), &both);
        for file in files(&self.place.data()) {
            if !HOLDERS.iter().any(|holder| file.ends_with(holder)) {
                let bytes = legible(fs::read(&file).unwrap());
                look(&file.display().to_string(), &bytes, &both);
            }
        }
        assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
        // What is looked for can be found: the words are there where they belong.
        let log = self.place.log();
        for told in ["\"level\":\"TRACE\"", "branchline::requests", "stays in use"] {
            assert!(log.contains(told), "everything is logged, {told} too");
        }
        let own = self.answers.iter().map(|(_, answer)| self.personal.found_in(answer.as_bytes()));
        assert!(own.flatten().count() > 3, "an organisation is shown its own leads");
    }
}
