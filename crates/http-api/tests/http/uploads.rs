//! Files of leads over HTTP: what is taken, what is refused, and how far a long one is.

use std::{io::Write as _, time::Duration};

use actix_web::{http::Method, test::TestRequest};
use branchline_engine::EngineConfig;
use serde_json::{Value, json};

use crate::common::{Api, text};

const CSV: &str = "text/csv";
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A file of so many leads, each with its number.
fn file(rows: u32) -> String {
    (0..rows).fold("phone_number,name\n".to_owned(), |file, row| {
        file + &format!("+9198765{row:05},Lead {row}\n")
    })
}

/// The smallest workbook that spreadsheet programs open, with this sheet.
fn workbook(sheet: &str) -> Vec<u8> {
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, part) in [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" \
                 Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>\
                 <sheet name=\"Leads\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" \
                 Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>"),
        ),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name, options).unwrap();
        archive.write_all(part.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const SHEET: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>phone_number</t></is></c>\
     <c r=\"B1\" t=\"inlineStr\"><is><t>score</t></is></c></row>\
     <row r=\"2\"><c r=\"A2\"><v>919876543210</v></c><c r=\"B2\"><v>7</v></c></row>";

async fn raw(api: &Api, path: &str, kind: &str, body: Vec<u8>) -> crate::common::Reply {
    let request = TestRequest::post().uri(path).insert_header(("content-type", kind));
    api.send(request.set_payload(body)).await
}

async fn ended(api: &Api, path: &str) -> Value {
    loop {
        let import = api.get(path).await.expect(200);
        if import["status"] != "running" {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Source: CONTRACT.md 7-large.
#[actix_web::test]
async fn a_long_file_is_answered_with_its_import_and_its_leads_count_when_that_is_done() {
    let api = Api::with(EngineConfig { import_wait_rows: 1_000, ..EngineConfig::embedded() });
    let draft = api.draft().await;
    let leads = format!("{draft}/leads");
    let short = api.raw(Method::POST, &leads, CSV, &file(1_000)).await.expect(201);
    assert_eq!(short["lead_ids"].as_array().unwrap().len(), 1_000);
    let taken = api.raw(Method::POST, &leads, CSV, &file(3_000)).await;
    let import = taken.expect(202);
    assert_eq!(import["rows"], 2_000, "{import}");
    assert_eq!(import["duplicates_skipped"], 1_000);
    let place = format!("{draft}/imports/{}", text(&import["id"]));
    assert_eq!(taken.header("location"), place);
    let done = ended(&api, &place).await;
    assert_eq!((&done["status"], &done["leads_enrolled"]), (&json!("done"), &json!(2_000)));
    assert_eq!(api.get(&leads).await.expect(200)["meta"]["total"], 3_000);
}

#[actix_web::test]
async fn a_long_file_sent_again_under_its_key_is_the_same_import() {
    let api = Api::with(EngineConfig { import_wait_rows: 10, ..EngineConfig::embedded() });
    let draft = api.draft().await;
    let send = |body: String| {
        let request = TestRequest::post()
            .uri(&format!("{draft}/leads"))
            .insert_header(("content-type", CSV))
            .insert_header(("idempotency-key", "file-1"))
            .set_payload(body);
        api.send(request)
    };
    let first = send(file(20)).await.expect(202);
    let place = format!("{draft}/imports/{}", text(&first["id"]));
    ended(&api, &place).await;
    let again = send(file(20)).await.expect(202);
    assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("done")));
    send(file(21)).await.problem(422, "idempotency_key_reused");
    let imports = api.get(&format!("{draft}/imports")).await.expect(200);
    assert_eq!(imports["meta"]["total"], 1);
}

/// Source: CONTRACT.md 7-faults.
#[actix_web::test]
async fn a_refused_file_is_listed_with_its_faults_and_nobody_of_it() {
    let api = Api::start();
    let draft = api.draft().await;
    let leads = format!("{draft}/leads");
    let refused = api.upload(&leads, "phone_number,a\n+919876543210,1\n12,2\n,3\n13\n").await;
    let told = refused.problem(400, "faulty_rows")["faults"].clone();
    let imports = api.get(&format!("{draft}/imports")).await.expect(200);
    assert_eq!(
        imports["data"],
        json!([{ "id": imports["data"][0]["id"], "file_name": "leads.csv",
                 "at": imports["data"][0]["at"], "status": "refused", "rows": 4,
                 "leads_enrolled": 0, "duplicates_skipped": 0, "faults": told }])
    );
    let headless = api.upload(&leads, "+919876543210,Asha\n+919876543211,Bo\n").await;
    let headless = headless.problem(400, "faulty_rows");
    assert!(headless["faults"].to_string().contains("Asha"), "its sender may know: {headless}");
    let events = api.get("/v1/events?limit=100").await;
    let imports = api.get(&format!("{draft}/imports")).await.expect(200);
    for recorded in [String::from_utf8_lossy(&events.body).into_owned(), imports.to_string()] {
        assert!(recorded.contains("there is no column"), "{recorded}");
        assert!(!recorded.contains("Asha") && !recorded.contains("98765"), "{recorded}");
    }
    let one = json!({ "leads": [{ "phone_number": "12" }] });
    api.post(&leads, one).await.problem(400, "faulty_rows");
    let after = api.get(&format!("{draft}/imports")).await.expect(200);
    assert_eq!(after["meta"]["total"], imports["meta"]["total"], "a single lead is no file");
}

/// Source: CONTRACT.md 7-xlsx.
#[actix_web::test]
async fn a_workbook_is_a_file_like_any_other() {
    let api = Api::start();
    let leads = format!("{}/leads", api.draft().await);
    let settings = json!({ "settings": { "default_country": "IN" } });
    api.patch(leads.trim_end_matches("/leads"), settings).await.expect(200);
    let enrolled = raw(&api, &leads, WORKBOOK, workbook(SHEET)).await.expect(201);
    assert_eq!(enrolled["leads_enrolled"], 1);
    let list = api.get(&leads).await.expect(200);
    assert_eq!(list["data"][0]["phone_number"], "+919876543210");
    assert_eq!(list["data"][0]["variables"], json!({ "score": "7" }));

    let cut = workbook(SHEET)[..300].to_vec();
    let told = raw(&api, &leads, WORKBOOK, cut).await.problem(400, "faulty_rows");
    assert!(text(&told["faults"][0]["reason"]).contains("damaged"), "{told}");
    let locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more".to_vec();
    let told = raw(&api, &leads, CSV, locked).await.problem(400, "faulty_rows");
    assert!(text(&told["faults"][0]["reason"]).contains("password"), "{told}");
}

#[actix_web::test]
async fn a_workbook_that_unpacks_to_too_much_is_too_large() {
    let mut api = Api::start();
    api.state.limits.workbook_max_bytes = 100_000;
    let leads = format!("{}/leads", api.draft().await);
    let bomb = workbook(&format!("{SHEET}{}", " ".repeat(1_000_000)));
    assert!(bomb.len() < 10_000, "{} bytes", bomb.len());
    let told = raw(&api, &leads, WORKBOOK, bomb).await.problem(413, "body_too_large");
    assert!(text(&told["detail"]).contains("100000 bytes"), "{told}");
}

/// Cells are read one by one: nobody makes the seventeen billion between them.
#[actix_web::test]
async fn a_cell_in_the_last_corner_of_a_sheet_costs_no_more_than_another() {
    let api = Api::start();
    let leads = format!("{}/leads", api.draft().await);
    let corner =
        "<row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>x</t></is></c></row>";
    let sparse = workbook(&format!("<dimension ref=\"A1:XFD1048576\"/>{SHEET}{corner}"));
    let told = raw(&api, &leads, WORKBOOK, sparse).await.problem(400, "faulty_rows");
    let faults = told["faults"].as_array().unwrap();
    assert!(faults.iter().any(|fault| fault["rows"] == json!([1_048_576])), "{told}");
    // In the first row it would be the name of a column that nobody has.
    let names = SHEET.replace(
        "</row><row r=\"2\">",
        &format!("{}</row><row r=\"2\">", "<c r=\"XFD1\" t=\"inlineStr\"><is><t>x</t></is></c>"),
    );
    raw(&api, &leads, WORKBOOK, workbook(&names)).await.problem(400, "faulty_rows");
}

#[actix_web::test]
async fn a_form_may_say_what_becomes_of_duplicates() {
    let api = Api::start();
    let leads = format!("{}/leads", api.draft().await);
    let form = "multipart/form-data; boundary=b";
    let twice = "phone_number\r\n+919876543210\r\n+919876543210";
    let body = |words: &[&str]| {
        let words: Vec<_> = words
            .iter()
            .map(|word| {
                format!(
                    "--b\r\nContent-Disposition: form-data; name=\"duplicates\"\r\n\r\n{word}\r\n"
                )
            })
            .collect();
        format!(
            "{}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\
             {twice}\r\n--b--\r\n",
            words.concat()
        )
    };
    let send = |path: String, body: String| {
        let api = &api;
        async move { api.raw(Method::POST, &path, form, &body).await }
    };
    send(leads.clone(), body(&["reject"])).await.problem(400, "faulty_rows");
    let allowed = send(leads.clone(), body(&["allow"])).await.expect(201);
    assert_eq!(
        (&allowed["leads_enrolled"], &allowed["duplicates_skipped"]),
        (&json!(2), &json!(0))
    );
    let skipped = send(leads.clone(), body(&[])).await.expect(201);
    assert_eq!(
        (&skipped["leads_enrolled"], &skipped["duplicates_skipped"]),
        (&json!(0), &json!(2))
    );
    send(leads.clone(), body(&["some"])).await.problem(400, "invalid_form");
    send(leads.clone(), body(&["skip", "skip"])).await.problem(400, "invalid_form");
    let both = format!("{leads}?duplicates=skip");
    send(both, body(&["allow"])).await.problem(400, "invalid_form");
}

#[actix_web::test]
async fn a_list_longer_than_may_be_is_refused_in_words() {
    let api = Api::with(EngineConfig { enrol_max: 2, ..EngineConfig::embedded() });
    let leads = format!("{}/leads", api.draft().await);
    let three: Vec<_> =
        (0..3).map(|n| json!({ "phone_number": format!("+91987654321{n}") })).collect();
    let told = api.post(&leads, json!({ "leads": three })).await.problem(400, "invalid_value");
    assert!(text(&told["detail"]).contains("more than 2 rows"), "{told}");
    let told = api.raw(Method::POST, &leads, CSV, &file(3)).await.problem(400, "invalid_value");
    assert!(text(&told["detail"]).contains("more than 2 rows"), "{told}");
    let none = api.post(&leads, json!({ "leads": [] })).await.problem(400, "invalid_value");
    assert!(text(&none["detail"]).contains("no rows"), "{none}");
}

/// Source: CONTRACT.md 7-final.
#[actix_web::test]
async fn a_final_workflow_takes_no_file() {
    let api = Api::start();
    let draft = api.draft().await;
    api.act(&format!("{draft}/cancel")).await.expect(200);
    let refused = api.upload(&format!("{draft}/leads"), "phone_number\n12\n").await;
    assert_eq!(refused.expect(409)["current_status"], "cancelled");
    let imports = api.get(&format!("{draft}/imports")).await.expect(200);
    assert_eq!(imports["meta"]["total"], 0);
}
