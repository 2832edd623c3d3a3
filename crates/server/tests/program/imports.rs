//! Long files, and a process that is killed in the middle of one.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    audit::sound_leads,
    client::{expect, upload},
    server::{Running, eventually},
};

const ROWS: usize = 4_000;

fn file() -> String {
    (0..ROWS).fold("phone_number,name\n".to_owned(), |file, row| {
        file + &format!("+12{:09},Lead {row}\n", 125_550_000 + row)
    })
}

fn workflow(address: SocketAddr) -> String {
    let made = expect(address, 201, "POST", "/v1/workflows", Some(&json!({"title": "Spring"})));
    format!("/v1/workflows/{}", made["id"].as_str().unwrap())
}

fn imports(address: SocketAddr, workflow: &str) -> Vec<Value> {
    let listed = expect(address, 200, "GET", &format!("{workflow}/imports"), None);
    listed["data"].as_array().unwrap().clone()
}

fn enrolled(address: SocketAddr, workflow: &str) -> u64 {
    let counts = expect(address, 200, "GET", &format!("{workflow}/counts"), None);
    counts["by_status"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

#[test]
fn a_kill_in_the_middle_of_a_long_file_enrols_nobody_of_it_and_it_can_be_sent_again() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    // Shorter than what is answered at once where nobody says otherwise: the test shall be short.
    let config = place.path().join("branchline.toml");
    std::fs::write(&config, "[engine]\nimport_wait_rows = 100\n").unwrap();
    let flags = ["--config", config.to_str().unwrap()];
    let mut interrupted = 0;
    // Killed when the first leads are in, and later.
    for wanted in [1, 1_000, 3_000] {
        let server = Running::start("serve", &dir, &flags);
        let workflow = workflow(server.address);
        let taken = upload(server.address, &format!("{workflow}/leads"), &file());
        assert_eq!(taken.0, 202, "{}", taken.1);
        let path = format!("{workflow}/imports/{}", taken.1["id"].as_str().unwrap());
        let address = server.address;
        eventually("leads of the import", || {
            let import = expect(address, 200, "GET", &path, None);
            (import["leads_enrolled"].as_u64().unwrap() >= wanted).then_some(())
        });
        server.kill();

        let server = Running::start("serve", &dir, &flags);
        let import = expect(server.address, 200, "GET", &path, None);
        if import["status"] == "done" {
            // It was faster than the kill.
            assert_eq!(enrolled(server.address, &workflow), ROWS as u64);
        } else {
            interrupted += 1;
            assert_eq!(import["status"], "cancelled", "{import}");
            assert!(
                import["faults"][0]["reason"].as_str().unwrap().contains("send the list again")
            );
            assert_eq!(enrolled(server.address, &workflow), 0);
            let again = upload(server.address, &format!("{workflow}/leads"), &file());
            assert_eq!((again.0, &again.1["duplicates_skipped"]), (202, &json!(0)));
            let address = server.address;
            eventually("the end of the import", || {
                (imports(address, &workflow)[1]["status"] == "done").then_some(())
            });
            assert_eq!(enrolled(server.address, &workflow), ROWS as u64);
        }
        server.kill();
    }
    assert!(interrupted > 0, "every import ended before its kill");
    let left: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // A killed server leaves its address, too.
    let known = ["journal", "keys", "admin-url", "admin-token"];
    assert!(left.iter().all(|name| known.iter().any(|known| name == known)), "{left:?}");
    assert!(sound_leads(&dir).len() >= 3 * ROWS);
}
