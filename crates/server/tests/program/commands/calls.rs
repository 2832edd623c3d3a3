//! `branchline call`.

use super::{Asked, masked};

#[test]
fn a_call_is_claimed_dialled_and_reported() {
    let asked = Asked::start();
    asked.spring();
    let lead = asked.done(&["lead", "add", "Spring", "2125550123"]);
    let claim = ["call", "claim", "--max", "3", "--lease", "30", "--idempotency-key", "shift-1"];
    let claimed = asked.done(&claim);
    assert_eq!(asked.done(&claim), claimed, "an answer that got lost is given again");
    assert_eq!(
        masked(&claimed),
        "id to from agent lease until\ncall_# +12125550123 +12025550100 - T"
    );
    assert!(asked.json(&["call", "claim"]).is_empty(), "each is handed out once");
    let call = asked.call();
    asked.done(&["call", "dispatched", &call, "--provider-ref", "CA1"]);
    let line = [
        "call",
        "report",
        &call,
        "completed",
        "--end-reason",
        "user_disconnected",
        "--attribute",
        "score:=7",
        "--attribute",
        "mood=good",
    ];
    assert_eq!(asked.json(&line)[0]["accepted"], true);
    let shown = masked(&asked.done(&["call", "show", &call]));
    for part in [
        "\nstatus completed",
        "\nattributes {\"mood\":\"good\",\"score\":7}",
        "\ncarrier's name CA1",
        "\ntimeline T completed",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(
        masked(&asked.done(&["call", "list", "--lead", lead.trim(), "--status", "completed"])),
        "id to status end reason created ended\ncall_# +12125550123 completed user_disconnected T T"
    );
    assert_eq!(asked.json(&["call", "list", "-w", "Spring", "--lead", "+12125550123"]).len(), 1);
    let output = asked.run(&["call", "report", &call, "failed"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("moves nothing"), "{output:?}");
}

#[test]
fn a_call_that_is_none_is_refused() {
    let asked = Asked::start();
    let unknown = "call_0192f3a1-0000-7000-8000-000000000002_1";
    let told = asked.refused(1, &["call", "report", unknown, "completed"]);
    assert!(told.contains("(call_not_found)"), "{told}");
    let told = asked.refused(2, &["call", "report", unknown, "ringing"]);
    assert!(told.contains("the statuses are created,") && told.contains("Example:"), "{told}");
}
