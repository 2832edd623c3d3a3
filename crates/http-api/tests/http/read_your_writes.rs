//! A read that is sent after a write was answered shows that write, on every route, lists and
//! counts too. Source: CONTRACT.md 9.

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::common::{Api, text};

/// People who write and read at the same time, each in a workflow of their own.
const PEOPLE: usize = 8;
/// Leads that each of them takes through.
const ROUNDS: usize = 4;

/// One person, and what the counts of their workflow should say.
struct Person<'a> {
    api: &'a Api,
    place: usize,
    workflow: String,
    enrolled: Cell<u64>,
    converted: Cell<u64>,
    removed: Cell<u64>,
    /// Cursor behind the last event that was read.
    seen: RefCell<String>,
}

impl Person<'_> {
    async fn get(&self, path: &str) -> Value {
        self.api.get(path).await.expect(200)
    }

    async fn total(&self, path: &str) -> u64 {
        self.get(path).await["meta"]["total"].as_u64().unwrap()
    }

    fn id(&self) -> &str {
        self.workflow.rsplit('/').next().unwrap()
    }

    /// Every list and count of the workflow's leads says the same.
    async fn counts_are_right(&self, when: &str) {
        let (enrolled, converted, removed) =
            (self.enrolled.get(), self.converted.get(), self.removed.get());
        let active = enrolled - converted - removed;
        let counts = &self.get(&format!("{}/counts", self.workflow)).await["by_status"];
        let expected = json!({ "pending": 0, "active": active, "completed": converted,
                               "dropped": 0, "removed": removed });
        assert_eq!(counts, &expected, "{when}");
        assert_eq!(self.get(&self.workflow).await["enrolled_leads"], enrolled, "{when}");
        for (status, leads) in
            [("active", active), ("completed", converted), ("removed", removed), ("pending", 0)]
        {
            let path = format!("{}/leads?status={status}", self.workflow);
            assert_eq!(self.total(&path).await, leads, "{when}: {status}");
        }
        assert_eq!(self.total(&format!("{}/leads", self.workflow)).await, enrolled, "{when}");
    }

    async fn calls(&self, status: &str) -> u64 {
        self.total(&format!("/v1/call-logs?workflow={}&status={status}", self.id())).await
    }

    /// The newest record is there for who follows the events.
    async fn events_show(&self, kind: &str, id: &str) {
        let mut found = false;
        loop {
            let after = self.seen.borrow().clone();
            let events = self.get(&format!("/v1/events?after={after}&limit=1000")).await;
            let data = events["data"].as_array().unwrap();
            found |=
                data.iter().any(|event| event["type"] == kind && event.to_string().contains(id));
            *self.seen.borrow_mut() = text(&events["meta"]["next_cursor"]);
            if events["meta"]["more"] != true {
                break;
            }
        }
        assert!(found, "{kind} of {id}");
    }

    /// Enrols a lead and looks everywhere.
    async fn enrol(&self, round: usize) -> String {
        let number = format!("+9198765{:02}{round:03}", self.place);
        let variable = format!("v{round}");
        let leads = json!({ "leads": [{ "phone_number": number,
                                        "variables": { variable.clone(): 1 } }] });
        let path = format!("{}/leads", self.workflow);
        let enrolled = self.api.post(&path, leads).await.expect(201);
        self.enrolled.set(self.enrolled.get() + 1);
        let keys = self.get(&format!("{path}/variable-keys")).await;
        assert!(keys["keys"].as_array().unwrap().contains(&json!(variable)), "{keys}");
        let person = format!("/v1/leads?phone_number={}", number.replace('+', "%2B"));
        assert_eq!(self.total(&person).await, 1);
        let imports = self.get(&format!("{}/imports?limit=100", self.workflow)).await;
        let import = imports["data"].as_array().unwrap().last().unwrap();
        assert_eq!((&import["id"], &import["status"]), (&enrolled["import_id"], &json!("done")));
        let lead = text(&enrolled["lead_ids"][0]);
        self.events_show("lead.enrolled", &lead).await;
        format!("{path}/{lead}")
    }

    /// Takes one lead through its call, or out, and reads after each write.
    async fn take_through(&self, round: usize) {
        let lead = self.enrol(round).await;
        let call = self.api.call_of(&lead).await;
        self.counts_are_right("enrolled").await;
        let told = format!("/v1/call-logs/{call}/status");
        let connected = self.calls("connected").await;
        self.api.post(&told, json!({ "status": "connected" })).await.expect(200);
        assert_eq!(self.calls("connected").await, connected + 1);
        assert_eq!(self.get(&format!("/v1/call-logs/{call}")).await["status"], "connected");
        let edited = json!({ "notes": format!("round {round}") });
        self.api.patch(&lead, edited.clone()).await.expect(200);
        assert_eq!(self.get(&lead).await["notes"], edited["notes"]);
        if round.is_multiple_of(3) {
            self.api.delete(&lead).await.expect(200);
            self.removed.set(self.removed.get() + 1);
        } else {
            let items = json!({ "items": [{ "call_id": call, "status": "completed" }] });
            self.api.post("/v1/call-logs/status", items).await.expect(200);
            self.converted.set(self.converted.get() + 1);
            assert_eq!(self.calls("completed").await, self.converted.get());
            let history = self.get(&format!("{lead}/history")).await;
            assert_eq!(history["history"][1]["output"], "COMPLETED");
        }
        self.counts_are_right("ended").await;
    }

    /// Changes the graph and looks at every route that shows it.
    async fn draw(&self, round: usize) {
        let node = json!({ "node_type": "DROPPED", "label": format!("end {round}") });
        let nodes = format!("{}/nodes", self.workflow);
        let before = self.total(&nodes).await;
        let node = text(&self.api.post(&nodes, node).await.expect(201)["id"]);
        assert_eq!(self.total(&nodes).await, before + 1);
        let graph = self.get(&format!("{}/graph", self.workflow)).await;
        assert!(graph["nodes"].as_array().unwrap().iter().any(|found| found["id"] == node));
        assert_eq!(self.get(&self.workflow).await["node_count"], before + 1);
        let counts = self.get(&format!("{}/counts", self.workflow)).await;
        assert_eq!(counts["by_node"][&node]["here"], 0);
        self.api.delete(&format!("{nodes}/{node}")).await.expect(204);
        self.api.get(&format!("{nodes}/{node}")).await.problem(404, "node_not_found");
        assert_eq!(self.total(&nodes).await, before);
    }

    async fn is_listed(&self, filter: &str) -> bool {
        let found = self.get(&format!("/v1/workflows?limit=100{filter}")).await;
        found["data"].as_array().unwrap().iter().any(|one| one["id"] == self.id())
    }

    async fn live(self) {
        assert!(self.is_listed("&status=draft").await);
        self.api.act(&format!("{}/activate", self.workflow)).await.expect(200);
        assert!(self.is_listed("&status=running").await && !self.is_listed("&status=draft").await);
        for round in 0..ROUNDS {
            self.take_through(round).await;
            self.draw(round).await;
        }
        self.api.act(&format!("{}/pause", self.workflow)).await.expect(200);
        assert!(self.is_listed("&status=paused").await);
        // Calls of removed leads go on until they have ended.
        let calls =
            self.get(&format!("/v1/call-logs?workflow={}&status=connected", self.id())).await;
        for call in calls["data"].as_array().unwrap() {
            let path = format!("/v1/call-logs/{}/status", text(&call["id"]));
            self.api.post(&path, json!({ "status": "completed" })).await.expect(200);
        }
        assert_eq!(self.calls("connected").await, 0);
        self.api.delete(&self.workflow).await.expect(204);
        assert!(!self.is_listed("").await);
        self.api.get(&self.workflow).await.problem(404, "workflow_not_found");
        let calls = self.total(&format!("/v1/call-logs?workflow={}", self.id())).await;
        assert_eq!(calls, ROUNDS as u64, "calls outlive their workflow");
    }
}

#[actix_web::test]
async fn every_read_shows_every_write_that_was_answered_before() {
    let api = Api::start();
    let people = join_all((0..PEOPLE).map(|place| {
        let api = &api;
        async move {
            let workflow = api.calling().await.path;
            let nothing = Cell::default;
            Person {
                api,
                place,
                workflow,
                enrolled: nothing(),
                converted: nothing(),
                removed: nothing(),
                seen: RefCell::new("0-0".into()),
            }
        }
    }));
    join_all(people.await.into_iter().map(Person::live)).await;
}
