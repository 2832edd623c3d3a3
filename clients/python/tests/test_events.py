"""The event iterator: over cut connections, killed servers, streams that fall behind or do not come
through; in order, without a gap, each event once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from between import Fault, Handler, Proxy, Seen, answered, never_sent, passed, proxy_of
from conftest import QUICK, Server, campaign, claim, everything, number

from branchline import BadRequest, Client, ConnectionFailed, Problem
from branchline.events import EventStream
from branchline.models import Event
from branchline.sse import Frame, Parser


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server asks readers to wait two seconds before they come back. Tests need not."""
    monkeypatch.setattr("branchline.events._RECONNECT_MAX_S", 0.05)
    monkeypatch.setattr("branchline.events._POLL_S", 0.05)


def taken(events: EventStream, count: int) -> list[Event]:
    return list(islice(events, count))


def work(client: Client, first: int, count: int) -> None:
    """A campaign whose calls end."""
    campaign(client, [number(index) for index in range(first, first + count)], title="Work")
    for call in claim(client, count):
        client.report_call(call["call_id"], status="completed")


def test_what_was_and_what_comes_in_order(client: Client) -> None:
    work(client, 500, 3)
    before = everything(client)
    with client.events() as events:
        assert taken(events, len(before)) == before
        assert events.cursor == before[-1]["cursor"]
        made = client.create_workflow(title="News")["id"]
        news = next(events)
        assert (news["type"], news["workflow_id"]) == ("workflow.created", made)
    assert list(events) == []


def test_it_goes_on_behind_a_saved_cursor(client: Client) -> None:
    work(client, 510, 3)
    known = everything(client)
    with client.events() as events:
        for event, following in zip(events, known[1:], strict=False):
            # Of a record of several events the cursor moves with the last one.
            last = following["position"] != event["position"]
            assert (events.cursor == event["cursor"]) == last
            if event["position"] >= known[len(known) // 2]["position"]:
                break
        saved = events.cursor
    rest = [event for event in known if saved is None or _place(event["cursor"]) > _place(saved)]
    assert rest
    with client.events(after=saved) as events:
        assert taken(events, len(rest)) == rest


def _place(cursor: str) -> int:
    return int(cursor.rpartition("-")[2])


def torn(most: int) -> Fault:
    """A stream of which only so many bytes arrive."""

    def fault(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        status, headers, response = proxy.ask(seen)
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() == "content-type":
                handler.send_header(name, value)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        left = most
        while left > 0 and (piece := response.read1(min(left, 4096))):
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            left -= len(piece)
        response.close()
        handler.hang_up()

    return fault


def test_a_stream_cut_anywhere_goes_on_where_it_was(shared: Server, client: Client) -> None:
    work(client, 520, 4)
    whole = everything(client)
    with proxy_of(shared.url) as proxy, Client(proxy.url, retry=QUICK) as cut:
        # Each piece is longer than the longest record, and ends anywhere in another one.
        proxy.script.extend(torn(most) for most in range(3_000, 3_400, 37))
        proxy.script.extend([never_sent, answered(503, b"{}", Retry_After="0"), answered(502)])
        with cut.events() as events:
            assert taken(events, len(whole)) == whole
        asked = [seen for seen in proxy.seen if seen.target == "/v1/events"]
        assert len(asked) > 3
        assert any(seen.headers.get("last-event-id") for seen in asked)


def test_a_killed_server_is_waited_for(server: Server) -> None:
    with Client(server.url, retry=QUICK) as client:
        work(client, 0, 2)
        before = everything(client)
        told: list[Event] = []
        enough = threading.Event()
        with client.events() as events:

            def follow() -> None:
                for event in events:
                    told.append(event)
                    if event["type"] == "workflow.created" and len(told) > len(before):
                        enough.set()

            thread = threading.Thread(target=follow)
            thread.start()
            server.kill()
            server.start()
            client.create_workflow(title="After the power cut")
            assert enough.wait(60)
            events.close()
            thread.join(60)
            assert not thread.is_alive()
        assert told == everything(client)
        positions = [event["position"] for event in told]
        assert positions == sorted(positions)


def test_a_stopped_server_ends_no_iteration(server: Server) -> None:
    with Client(server.url, retry=QUICK) as client, client.events() as events:
        client.create_workflow(title="One")
        assert next(events)["type"] == "workflow.created"
        server.stop()
        server.start()
        client.create_workflow(title="Two")
        assert next(events)["payload"]["title"] == "Two"


def test_patience_has_an_end(server: Server) -> None:
    with Client(server.url, retry=QUICK) as client, client.events(patience_s=0.2) as events:
        client.create_workflow(title="One")
        next(events)
        server.kill()
        with pytest.raises(ConnectionFailed):
            next(events)


def test_close_ends_an_iteration_wherever_it_is(client: Client) -> None:
    client.create_workflow(title="Something")
    last = everything(client)[-1]["cursor"]
    drawn = random.Random(5)
    for _ in range(60):
        events = client.events(after=last)
        raised: list[BaseException] = []

        def follow(events: EventStream = events, raised: list[BaseException] = raised) -> None:
            try:
                for _ in events:
                    pass
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=follow)
        thread.start()
        # While it connects, reads its first piece, or waits for the next.
        time.sleep(drawn.choice([0.0, 0.0005, 0.001, 0.002, 0.004, 0.02]))
        events.close()
        thread.join(60)
        assert not thread.is_alive()
        assert raised == []
        assert list(events) == []


def test_polling_tells_the_same(client: Client) -> None:
    work(client, 530, 3)
    whole = everything(client)
    with client.events(poll_s=0.01) as events:
        assert taken(events, len(whole)) == whole
        client.create_workflow(title="Polled")
        assert next(events)["payload"]["title"] == "Polled"


def test_where_streams_do_not_come_through_lists_are_asked_for(
    shared: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("branchline.events._FIRST_WORD_S", 0.2)
    whole = everything(client)

    def kept_back(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        """Something on the way waits for the end of the answer."""
        if "text/event-stream" not in seen.headers["accept"]:
            return passed(handler, proxy, seen)
        _, _, response = proxy.ask(seen)
        while response.read1(4096):
            pass
        return None

    with proxy_of(shared.url) as proxy, Client(proxy.url, retry=QUICK) as behind:
        proxy.always = kept_back
        with behind.events() as events:
            assert taken(events, len(whole)) == whole
        assert len([seen for seen in proxy.seen if seen.target == "/v1/events"]) == 2


def test_a_stream_that_is_none_is_not_read(shared: Server, client: Client) -> None:
    whole = everything(client)
    with proxy_of(shared.url) as proxy, Client(proxy.url, retry=QUICK) as behind:
        proxy.script.append(answered(200, b"<html>", Content_Type="text/html"))
        with behind.events() as events:
            assert taken(events, len(whole)) == whole


def test_a_reader_that_fell_behind_gets_the_rest_by_list(shared: Server, client: Client) -> None:
    work(client, 540, 3)
    whole = everything(client)

    def resync(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        """The first event, and then: too slow."""
        first = whole[0]
        handler.send_response_only(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        text = (
            f"retry: 10\n\nid: {first['cursor']}\nevent: {first['type']}\ndata: {json.dumps(first)}\n\n"
        )
        skipped = f'id: {whole[-1]["cursor"]}\nevent: resync\ndata: {{"cursor": "0-1"}}\n\n'
        handler.wfile.write((text + skipped).encode())
        handler.hang_up()

    with proxy_of(shared.url) as proxy, Client(proxy.url, retry=QUICK) as slow:
        proxy.script.append(resync)
        with slow.events() as events:
            assert taken(events, len(whole)) == whole
            # And by stream again, once it has caught up.
            slow.create_workflow(title="Again")
            assert next(events)["payload"]["title"] == "Again"
        targets = [seen.target for seen in proxy.seen if seen.method == "GET"]
        assert targets[0] == "/v1/events"
        assert any(target.startswith("/v1/events?after=") for target in targets)
        assert targets[-1] == "/v1/events"


def test_what_would_not_pass_is_raised(shared: Server, client: Client) -> None:
    with client.events(after="nonsense") as events, pytest.raises(BadRequest) as refused:
        next(events)
    assert refused.value.code == "invalid_header"
    with proxy_of(shared.url) as proxy, Client(proxy.url) as stranger:
        proxy.script.append(answered(401, b'{"code":"unauthorized"}'))
        with stranger.events() as events, pytest.raises(Problem) as denied:
            next(events)
        assert denied.value.code == "unauthorized"


# Frames.

STREAM = (
    'retry: 1500\n\n: comment\n\nid: 0-1\nevent: a\ndata: {"x":\ndata:  1}\n\n'
    "event: b\r\ndata:ü\r\n\r\n:\n\nid\ndata\n\ndata: last\r\rdata: unfinished\n"
)
FRAMES = [
    Frame("a", '{"x":\n 1}', "0-1"),
    Frame("b", "ü", None),
    Frame("message", "", ""),
    Frame("message", "last", None),
]


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_frames_are_the_same_however_the_stream_is_cut(size: int) -> None:
    parser = Parser()
    found: list[Any] = []
    for piece in pieces(STREAM.encode(), size):
        found += parser.feed(piece)
    assert found == FRAMES
    assert parser.retry_s == 1.5
