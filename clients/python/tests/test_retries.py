"""What is sent again, under which key, and that nothing is done twice. Between client and server is a
proxy that fails as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from between import (
    Handler,
    Proxy,
    Seen,
    answer_lost,
    answer_torn,
    answered,
    never_sent,
    passed,
    proxy_of,
)
from conftest import GRAPH, QUICK, Server, campaign, claim, eventually, number

from branchline import (
    NO_RETRY,
    Client,
    ConnectionFailed,
    Problem,
    Retry,
    TooManyRequests,
    Unavailable,
    models,
)

BUSY = b'{"status":429,"code":"busy","title":"t","detail":"d","errors":[]}'


@pytest.fixture
def proxy(shared: Server) -> Iterator[Proxy]:
    with proxy_of(shared.url) as proxy:
        yield proxy


@pytest.fixture
def flaky(proxy: Proxy) -> Iterator[Client]:
    with Client(proxy.url, retry=QUICK) as client:
        yield client


def keys(proxy: Proxy) -> list[str]:
    return [seen.headers.get("idempotency-key", "") for seen in proxy.seen]


@pytest.mark.parametrize("fault", [never_sent, answer_lost, answer_torn], ids=lambda f: f.__name__)
def test_a_write_is_sent_again_under_one_key_and_done_once(
    flaky: Client, proxy: Proxy, fault: object
) -> None:
    title = f"Once {fault.__name__}"  # type: ignore[attr-defined]
    proxy.script.extend([fault, fault])  # type: ignore[list-item]
    made = flaky.create_workflow(title=title)
    assert len(proxy.seen) == 3
    assert len(set(keys(proxy))) == 1
    assert keys(proxy)[0]
    found = [one["id"] for one in flaky.iter_workflows() if one["title"] == title]
    assert found == [made["id"]]


def test_every_kind_of_write_survives_a_lost_answer(flaky: Client, proxy: Proxy) -> None:
    def lost() -> None:
        proxy.script.append(answer_lost)

    workflow = flaky.create_workflow(title="Lost")["id"]
    lost()
    revision = flaky.put_graph(workflow, revision=0, **GRAPH)["revision"]
    assert flaky.get_graph(workflow)["revision"] == revision
    lost()
    one = flaky.enrol_leads(workflow, leads=[{"phone_number": number(300)}])
    lost()
    many = flaky.enrol_leads(
        workflow, leads=[{"phone_number": number(index)} for index in range(301, 305)]
    )
    assert "lead_ids" in one
    assert "lead_ids" in many
    assert (one["leads_enrolled"], many["leads_enrolled"]) == (1, 4)
    assert many["duplicates_skipped"] == 0
    lost()
    flaky.activate_workflow(workflow)
    (call, *_) = claim(flaky, 1)
    lost()
    assert flaky.call_dispatched(call["call_id"], provider_ref="p-1")["accepted"]
    lost()
    assert flaky.report_call(call["call_id"], status="completed")["accepted"]
    lost()
    copy = flaky.duplicate_workflow(workflow)["id"]
    assert len([w for w in flaky.iter_workflows() if w["title"] == "Lost (Copy)"]) == 1
    lost()
    flaky.delete_workflow(copy)


def test_each_intent_has_a_key_of_its_own(flaky: Client, proxy: Proxy) -> None:
    flaky.create_workflow(title="A")
    flaky.create_workflow(title="A")
    flaky.create_workflow(title="A", idempotency_key="mine")
    assert len(set(keys(proxy))) == 3
    assert keys(proxy)[-1] == "mine"
    flaky.list_workflows()
    assert keys(proxy)[-1] == ""


def test_a_write_without_a_key_is_sent_once(flaky: Client, proxy: Proxy) -> None:
    proxy.script.append(answer_lost)
    with pytest.raises(ConnectionFailed):
        flaky.request("POST", "/v1/workflows", json_body={"title": "Careless"})
    assert len(proxy.seen) == 1
    proxy.script.append(answered(429, BUSY, Retry_After="0"))
    with pytest.raises(TooManyRequests):
        flaky.request("POST", "/v1/workflows", json_body={"title": "Careless"})
    assert len(proxy.seen) == 2
    # On a connection that was used before, too.
    flaky.get_health()
    proxy.script.append(never_sent)
    with pytest.raises(ConnectionFailed):
        flaky.request("POST", "/v1/workflows", json_body={"title": "Careless"})
    assert len(proxy.seen) == 4


def test_a_read_is_sent_again(flaky: Client, proxy: Proxy) -> None:
    proxy.script.extend([never_sent, answer_torn, answered(502, b"<html>"), answered(504)])
    assert flaky.get_health()["status"] == "ok"
    assert len(proxy.seen) == 5


def test_later_means_later(flaky: Client, proxy: Proxy) -> None:
    proxy.script.extend(
        [answered(429, BUSY, Retry_After="0"), answered(503, BUSY, Retry_After="0"), answered(503)]
    )
    flaky.create_workflow(title="Later")
    assert len(proxy.seen) == 4
    assert len(set(keys(proxy))) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 422, 500])
def test_what_would_not_pass_is_not_sent_again(flaky: Client, proxy: Proxy, status: int) -> None:
    proxy.script.append(answered(status, b'{"code":"no","status":0}'))
    with pytest.raises(Problem) as problem:
        flaky.create_workflow(title="No")
    assert (problem.value.status, problem.value.code) == (status, "no")
    assert len(proxy.seen) == 1


def test_our_503_without_retry_after_is_not_sent_again(flaky: Client, proxy: Proxy) -> None:
    proxy.script.append(answered(503, b'{"code":"not_configured"}'))
    with pytest.raises(Unavailable):
        flaky.list_workflows()
    assert len(proxy.seen) == 1


def test_a_repeat_that_meets_the_first_one_waits_for_it(flaky: Client, proxy: Proxy) -> None:
    proxy.script.append(answered(409, b'{"code":"request_under_way"}'))
    flaky.create_workflow(title="Under way")
    assert len(proxy.seen) == 2


def test_it_ends(flaky: Client, proxy: Proxy) -> None:
    proxy.always = never_sent
    with pytest.raises(ConnectionFailed):
        flaky.with_options(retry=Retry(attempts=3, first_delay_s=0.001)).list_workflows()
    assert len(proxy.seen) == 3


def test_a_server_that_is_not_there_is_a_connection_that_failed() -> None:
    client = Client("http://127.0.0.1:9", retry=Retry(attempts=2, first_delay_s=0.001))
    with pytest.raises(ConnectionFailed) as failed:
        client.get_health()
    assert isinstance(failed.value.__cause__, ConnectionRefusedError)
    assert "127.0.0.1:9" in str(failed.value)


def test_a_page_that_is_not_ours_is_no_answer(flaky: Client, proxy: Proxy) -> None:
    proxy.script.append(answered(200, b"<html>welcome</html>"))
    with pytest.raises(ConnectionFailed, match="not JSON"):
        flaky.list_workflows()
    assert len(proxy.seen) == 1


def test_a_connection_is_kept_and_a_dead_one_is_not_used(flaky: Client, proxy: Proxy) -> None:
    gone = threading.Event()

    def hangs_up_after(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        passed(handler, proxy, seen)
        handler.hang_up()
        gone.set()

    once = flaky.with_options(retry=NO_RETRY)
    for at in range(20):
        once.create_workflow(title=f"Kept {at}")
    assert proxy.connections == 1
    proxy.script.append(hangs_up_after)
    once.get_health()
    assert gone.wait(60)
    # The server has hung up. One that may not be sent twice is not sent into that.
    once.request("POST", "/v1/workflows", json_body={"title": "On a new one"})
    assert proxy.connections == 2
    assert len(proxy.seen) == 22


def test_a_redirect_is_not_followed(flaky: Client, proxy: Proxy) -> None:
    proxy.script.append(answered(307, b"", Location="http://127.0.0.1:9/"))
    with pytest.raises(Problem) as problem:
        flaky.with_options().create_workflow(title="Elsewhere")
    assert problem.value.status == 307
    assert len(proxy.seen) == 1


def test_headers_of_the_caller_go_along(proxy: Proxy) -> None:
    count = iter(range(10))
    with Client(proxy.url, "key_1:s", headers=lambda: {"traceparent": f"00-{next(count)}"}) as client:
        client.get_health()
        client.get_health()
    assert [seen.headers["traceparent"] for seen in proxy.seen] == ["00-0", "00-1"]
    assert {seen.headers["authorization"] for seen in proxy.seen} == {"Bearer key_1:s"}


def test_an_answer_lost_across_a_restart_is_given_again(server: Server) -> None:
    with proxy_of(server.url) as proxy, Client(proxy.url, retry=QUICK) as client:
        proxy.script.append(answer_lost)
        with pytest.raises(ConnectionFailed):
            client.with_options(retry=Retry(attempts=1)).create_workflow(
                title="Restart", idempotency_key="restart-1"
            )
        server.kill()
        server.start()
        made = client.create_workflow(title="Restart", idempotency_key="restart-1")
        assert [one["id"] for one in client.iter_workflows()] == [made["id"]]


def test_a_lost_hand_out_is_told_again(flaky: Client, proxy: Proxy) -> None:
    workflow, _ = campaign(flaky, [number(index) for index in range(400, 406)], title="Hand-out")
    eventually(lambda: flaky.list_calls(workflow=workflow)["meta"]["total"] == 6)
    calls: list[models.ClaimedCall] = []
    while len(calls) < 6:
        proxy.script.append(answer_lost)
        told = flaky.claim_calls(max=2, lease_s=600)["calls"]
        assert told
        calls += [call for call in told if call["workflow_id"] == workflow]
    assert len({call["call_id"] for call in calls}) == 6


def test_a_lost_enrolment_is_told_again_after_a_restart(server: Server) -> None:
    with proxy_of(server.url) as proxy, Client(proxy.url, retry=QUICK) as client:
        workflow = client.create_workflow(title="Restart")["id"]
        leads: list[models.EnrolmentLead] = [{"phone_number": number(at)} for at in range(5)]
        proxy.script.append(answer_lost)
        with pytest.raises(ConnectionFailed):
            client.with_options(retry=NO_RETRY).enrol_leads(
                workflow, leads=leads, idempotency_key="list-1"
            )
        server.kill()
        server.start()
        told = client.enrol_leads(workflow, leads=leads, idempotency_key="list-1")
        assert "lead_ids" in told
        assert (told["leads_enrolled"], told["duplicates_skipped"]) == (5, 0)
        assert sorted(told["lead_ids"]) == sorted(lead["id"] for lead in client.iter_leads(workflow))
