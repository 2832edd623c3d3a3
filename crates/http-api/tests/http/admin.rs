//! The routes of the operator: whom they answer, and what they hand out.

use std::time::Duration;

use actix_web::{http::Method, test::TestRequest};
use branchline_domain::id::OrganisationId;
use branchline_evidence::{
    consistency::ConsistencyProof,
    dossier::Dossier,
    head::SignedHead,
    lines::{ExportedRecords, Line, read_line},
};
use branchline_journal::{reader::JournalReader, record::Position};
use serde_json::json;

use crate::common::{Api, Reply, TOKEN, text};

/// Positions of the records in lines.
fn positions(reply: &Reply) -> Vec<u64> {
    let lines = reply.body.split_inclusive(|&byte| byte == b'\n');
    let read = |line| match read_line(line).unwrap() {
        Line::Record(record, _) => record.position.0,
        other @ Line::End(_) => panic!("{other:?}"),
    };
    lines.map(read).collect()
}

#[actix_web::test]
async fn nobody_without_the_token_is_answered_and_everybody_is_told_where_it_is() {
    let api = Api::start();
    let paths =
        ["records", "export", "head", "keys", "nothing"].map(|name| format!("/v1/admin/{name}"));
    for path in &paths {
        let given = ["", "4f2a9c", "Basic 4f2a9c", "Bearer", "Bearer 4f2a9", "Bearer 4f2a9c 1"];
        for authorization in given {
            let mut request = TestRequest::get().uri(path);
            if !authorization.is_empty() {
                request = request.insert_header(("authorization", authorization));
            }
            let reply = api.send(request).await;
            assert_eq!(reply.header("www-authenticate"), "Bearer", "{path} {authorization}");
            let problem = reply.problem(401, "unauthorized");
            let detail = text(&problem["detail"]);
            assert!(detail.contains("data/admin-token"), "{detail}");
            assert!(!detail.contains(TOKEN), "{detail}");
        }
    }
    let lower = ("authorization", "bearer 4f2a9c");
    let reply = api.send(TestRequest::get().uri("/v1/admin/records").insert_header(lower)).await;
    assert_eq!(reply.status, 200);
    api.admin_get("/v1/admin/nothing").await.problem(404, "route_not_found");
}

#[actix_web::test]
async fn the_token_opens_nothing_to_a_page_of_another_site() {
    let api = Api::start();
    let request = TestRequest::post()
        .uri("/v1/admin/leads/lead_1/erase")
        .insert_header(("authorization", format!("Bearer {TOKEN}")))
        .insert_header(("sec-fetch-site", "cross-site"));
    api.send(request).await.problem(403, "cross_site");
}

#[actix_web::test]
async fn a_program_without_an_operator_has_no_such_routes() {
    let api = Api::start();
    let state = branchline_http_api::ApiState::new(
        api.engine.handle(),
        api.state.limits,
        api.state.shutdown.clone(),
    );
    let bearer = ("authorization", format!("Bearer {TOKEN}"));
    let request = TestRequest::get().uri("/v1/admin/keys").insert_header(bearer);
    crate::common::send(state, request).await.problem(404, "route_not_found");
}

#[actix_web::test]
async fn records_come_in_parts_without_a_gap() {
    let api = Api::start();
    api.with_call().await;
    let head = api.engine.handle().health().position.0;
    assert!(head > 8, "{head}");
    let mut seen = Vec::new();
    while seen.len() < usize::try_from(head).unwrap() {
        let after = seen.last().copied().unwrap_or_default();
        let path = format!("/v1/admin/records?after={after}&limit=4");
        let reply = api.admin_get(&path).await;
        assert_eq!(reply.header("branchline-head"), head.to_string());
        assert_eq!(reply.header("content-type"), "application/x-ndjson");
        let part = positions(&reply);
        assert!(!part.is_empty() && part.len() <= 4, "{part:?}");
        seen.extend(part);
    }
    assert!(seen.into_iter().eq(1..=head));
    let beyond = api.admin_get(&format!("/v1/admin/records?after={}", head + 7)).await;
    assert_eq!((beyond.status, beyond.body.len()), (200, 0));
    assert_eq!(beyond.header("branchline-head"), head.to_string());
}

#[actix_web::test]
async fn whoever_waits_for_a_record_gets_it_when_it_is_there() {
    let api = Api::start();
    let waiting = api.admin_get("/v1/admin/records?after=0&wait_ms=30000");
    let (reply, _) = futures_util::future::join(waiting, api.draft()).await;
    assert_eq!(positions(&reply), [1]);
    // Nothing comes: an empty answer when the time is over.
    let nothing = api.admin_get("/v1/admin/records?after=1&wait_ms=20").await;
    assert_eq!((nothing.status, nothing.body.len()), (200, 0));
}

#[actix_web::test]
async fn whoever_waits_is_answered_when_the_server_stops() {
    let api = Api::start();
    let waiting = api.admin_get("/v1/admin/records?after=0&wait_ms=30000");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        api.state.shutdown.cancel();
    };
    let (reply, ()) = futures_util::future::join(waiting, stop).await;
    reply.problem(503, "shutting_down");
}

#[actix_web::test]
async fn an_export_is_whole_and_as_of_the_record_that_was_asked_for() {
    let api = Api::start();
    api.with_call().await;
    let head = api.engine.handle().health().position.0;
    for (query, records) in [("", head), ("?format=jsonl", head), ("?until=3", 3), ("?until=0", 0)]
    {
        let reply = api.admin_get(&format!("/v1/admin/export{query}")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("branchline-head"), records.to_string());
        let mut read = ExportedRecords::new(&*reply.body);
        let positions: Vec<Position> =
            read.by_ref().map(|record| record.unwrap().position).collect();
        assert!(positions.into_iter().eq((1..=records).map(Position)), "{query}");
        assert_eq!(read.end().unwrap().size, records, "{query}");
    }
}

#[actix_web::test]
async fn an_export_of_blocks_is_a_whole_block_file() {
    let api = Api::start();
    api.with_call().await;
    let head = api.engine.handle().health().position.0;
    let file = tempfile::NamedTempFile::new().unwrap();
    for (query, records) in [("", head), ("&until=0", 0)] {
        let reply = api.admin_get(&format!("/v1/admin/export?format=blocks{query}")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "application/octet-stream");
        assert_eq!(reply.header("branchline-head"), records.to_string());
        std::fs::write(file.path(), &reply.body).unwrap();
        let reader = JournalReader::open_file(file.path()).unwrap();
        assert!(reader.verify().finish().is_sound(), "{query}");
        assert_eq!(reader.records(Position::START).count() as u64, records);
    }
    // Blocks are whole; lines can end anywhere.
    let first = api.admin_get("/v1/admin/export?format=blocks&until=1").await;
    let problem = first.problem(400, "invalid_query");
    assert!(text(&problem["detail"]).contains("inside a block"), "{problem}");
}

#[actix_web::test]
async fn the_head_is_signed_when_there_is_a_key_for_it() {
    let mut api = Api::start();
    let empty = api.admin_get("/v1/admin/head").await.expect(200);
    assert_eq!((&empty["size"], &empty["recorded_at"]), (&json!(0), &json!(null)));
    api.with_call().await;
    let head = api.admin_get("/v1/admin/head").await;
    let unsigned = head.expect(200);
    let size = api.engine.handle().health().position.0;
    assert_eq!((&unsigned["size"], &unsigned["note"]), (&json!(size), &json!(null)));
    assert_eq!(head.header("branchline-head"), size.to_string());
    assert_eq!(text(&unsigned["root"]).len(), 64);
    assert!(unsigned["recorded_at"].is_string(), "{unsigned}");

    let verifier = api.sign_heads();
    let signed = api.admin_get("/v1/admin/head").await.expect(200);
    let note = SignedHead::parse(text(&signed["note"]).as_bytes()).unwrap();
    note.verify(&verifier).unwrap();
    assert_eq!(note.tree().size, size);
    assert_eq!(signed["root"], unsigned["root"]);
}

#[actix_web::test]
async fn a_dossier_holds_against_the_head_it_was_made_for() {
    let mut api = Api::start();
    let (_, lead, _) = api.with_call().await;
    let lead = lead.rsplit('/').next().unwrap().to_owned();
    let verifier = api.sign_heads();
    let old = api.admin_get("/v1/admin/head").await.expect(200);
    let old = SignedHead::parse(text(&old["note"]).as_bytes()).unwrap();
    api.draft().await;
    let size = old.tree().size;

    let path = format!("/v1/admin/leads/{lead}/dossier");
    let reply = api.admin_get(&format!("{path}?size={size}")).await;
    assert_eq!(reply.header("branchline-head"), size.to_string());
    let dossier = Dossier::parse(&reply.body).unwrap();
    dossier.is_of(&old, Some(&verifier)).unwrap();
    let records = dossier.check(&old.tree()).unwrap();
    assert_eq!(records.first().unwrap().version.0, 1);
    assert_eq!(records.first().unwrap().body.stream.to_string(), lead);

    // Without a size it is of all there is.
    let now = Dossier::parse(&api.admin_get(&path).await.body).unwrap();
    assert_eq!(now.head().size, api.engine.handle().health().position.0);
    assert!(now.check(&old.tree()).is_err());

    api.admin_get(&format!("{path}?size=1")).await.problem(404, "lead_not_found");
    let beyond = api.admin_get(&format!("{path}?size=100000")).await;
    assert_eq!(beyond.problem(400, "invalid_query")["errors"][0]["parameter"], "size");
    for lead in ["lead_00000000-0000-0000-0000-000000000009", "x"] {
        let missing = api.admin_get(&format!("/v1/admin/leads/{lead}/dossier")).await;
        missing.problem(404, "lead_not_found");
    }
}

#[actix_web::test]
async fn an_auditor_of_the_organisation_takes_a_dossier_home_and_sees_no_other() {
    let mut api = Api::start();
    let (_, lead, _) = api.with_call().await;
    let lead = lead.rsplit('/').next().unwrap().to_owned();
    let verifier = api.sign_heads();
    let (own, auditor) = api.key(Some(&OrganisationId::DEFAULT.to_string()), &["audit"]).await;
    assert_eq!(own, OrganisationId::DEFAULT.to_string());
    let (_, stranger) = api.key(None, &["audit"]).await;
    let path = format!("/v1/leads/{lead}/dossier");

    api.ask_with(&auditor);
    let reply = api.get(&path).await;
    let dossier = Dossier::parse(&reply.body).unwrap();
    // All that is needed is in it, and a key that somebody gave away: no token, no journal.
    let head = dossier.note().unwrap();
    head.verify(&verifier).unwrap();
    let records = dossier.check(&head.tree()).unwrap();
    assert!(records.iter().all(|record| record.body.stream.to_string() == lead));
    let whole = Dossier::parse(&api.admin_get(&format!("/v1/admin{}", &path[3..])).await.body);
    assert_eq!(whole.unwrap().check(&head.tree()).unwrap().len(), records.len());
    api.get(&format!("{path}?size=1")).await.problem(404, "lead_not_found");
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(!text.contains("Asha") && !text.contains("9876543210"), "what is personal is sealed");

    api.ask_with(&stranger);
    api.get(&path).await.problem(404, "lead_not_found");
}

#[actix_web::test]
async fn a_newer_head_is_proven_to_continue_an_older_one() {
    let api = Api::start();
    api.with_call().await;
    let size = api.engine.handle().health().position.0;
    for (query, old, new) in [
        ("old=3".to_owned(), 3, size),
        ("old=2&new=5".to_owned(), 2, 5),
        ("old=0".to_owned(), 0, size),
    ] {
        let reply = api.admin_get(&format!("/v1/admin/consistency?{query}")).await;
        assert_eq!(reply.status, 200, "{query}");
        let proof = ConsistencyProof::parse(&reply.body).unwrap();
        let tree = |size| branchline_journal::merkle::TreeHead {
            size,
            root: api.store.root_at(size).unwrap(),
        };
        proof.check(&tree(old), &tree(new)).unwrap();
    }
    for (query, at_fault) in
        [("", "old"), ("old=x", "old"), ("old=5&new=4", "old"), ("old=1&new=100000", "new")]
    {
        let problem = api.admin_get(&format!("/v1/admin/consistency?{query}")).await;
        let problem = problem.problem(400, "invalid_query");
        let at = problem["errors"].as_array().unwrap();
        assert_eq!((at.len(), &at[0]["parameter"]), (1, &json!(at_fault)), "{query}: {problem}");
    }
}

#[actix_web::test]
async fn a_lead_is_erased_once_by_the_operator_and_reads_show_nothing_of_it() {
    let api = Api::start();
    let (_, path, call) = api.with_call().await;
    let lead = path.rsplit('/').next().unwrap().to_owned();
    let erase = format!("/v1/admin/leads/{lead}/erase");
    api.act(&erase).await.problem(401, "unauthorized");
    api.admin_act(&erase).await.problem(409, "cannot_erase");
    let ended = json!({ "status": "completed", "attributes": { "mood": "good" } });
    api.post(&format!("/v1/call-logs/{call}/status"), ended).await.expect(200);

    let erased = api.admin_act(&erase).await.expect(200);
    assert_eq!((&erased["lead_id"], &erased["remains"]), (&json!(lead), &json!(null)));
    assert_eq!(erased["key_destroyed"], true);
    assert_eq!(api.admin_act(&erase).await.expect(200), erased, "again is the same");
    let shown = api.get(&path).await.expect(200);
    assert_eq!((&shown["phone_number"], &shown["variables"]), (&json!(null), &json!(null)));
    let position = erased["position"].as_u64().unwrap();
    let record = api.admin_get(&format!("/v1/admin/records?after={}&limit=1", position - 1)).await;
    let record: serde_json::Value = serde_json::from_slice(&record.body).unwrap();
    assert_eq!(record["principal"], "operator");
    assert_eq!(record["events"][0]["type"], "lead.erased");

    let nobody = "/v1/admin/leads/lead_00000000-0000-0000-0000-000000000009/erase";
    api.admin_act(nobody).await.problem(404, "lead_not_found");
}

#[actix_web::test]
async fn bad_values_are_all_named() {
    let api = Api::start();
    api.draft().await;
    for (path, at_fault) in [
        ("records?limit=0", "limit"),
        ("records?limit=10001", "limit"),
        ("records?after=-1", "after"),
        ("records?wait_ms=30001", "wait_ms"),
        ("records?until=1", "until"),
        ("export?until=2", "until"),
        ("export?until=x", "until"),
        ("export?format=xml", "format"),
        ("keys?lead=1", "lead"),
        ("head?size=1", "size"),
    ] {
        let problem = api.admin_get(&format!("/v1/admin/{path}")).await;
        let problem = problem.problem(400, "invalid_query");
        assert_eq!(problem["errors"][0]["parameter"], at_fault, "{path}: {problem}");
    }
}

#[actix_web::test]
async fn the_keys_are_handed_out_in_one_piece_that_checks_itself() {
    let api = Api::start();
    api.with_call().await;
    let reply = api.admin_get("/v1/admin/keys").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &reply.body).unwrap();
    let backup = branchline_vault::key_backup::KeyBackup::open(file.path()).unwrap();
    assert_eq!((backup.counts().live, backup.counts().organisations), (1, 1));
}

#[actix_web::test]
async fn other_methods_are_told_which_one_is_taken() {
    let api = Api::start();
    for name in ["records", "export", "head", "consistency", "keys", "leads/x/dossier"] {
        let request = TestRequest::default()
            .method(Method::POST)
            .uri(&format!("/v1/admin/{name}"))
            .insert_header(("authorization", format!("Bearer {TOKEN}")))
            .set_json(json!({}));
        let reply = api.send(request).await;
        reply.problem(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), "GET, HEAD", "{name}");
    }
}
