"""What needs no server: delays, instants, problems, what a client is made of."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from branchline import (
    NO_RETRY,
    BadRequest,
    Client,
    ClientClosed,
    ConnectionFailed,
    Problem,
    Retry,
    ServerFault,
    read_time,
    write_time,
)
from branchline.problems import problem_of

RETRY = Retry(attempts=5, first_delay_s=1.0, max_delay_s=3.0, max_elapsed_s=20.0)


def busy(after: str) -> Problem:
    return problem_of(429, {"retry-after": after}, b'{"code":"busy"}')


def test_delays_double_to_their_limit_and_end() -> None:
    lost = ConnectionFailed("lost")
    for attempt, most in [(1, 1.0), (2, 2.0), (3, 3.0), (4, 3.0)]:
        drawn = [RETRY.delay(lost, attempt, 0.0) or 0.0 for _ in range(100)]
        assert most / 2 <= min(drawn) <= max(drawn) <= most
        assert len(set(drawn)) > 50
    assert RETRY.delay(lost, 5, 0.0) is None
    assert RETRY.delay(lost, 1, 19.9) is None
    assert NO_RETRY.delay(lost, 1, 0.0) is None


def test_no_request_comes_before_retry_after() -> None:
    drawn = [RETRY.delay(busy("7"), 1, 0.0) or 0.0 for _ in range(100)]
    assert 7.0 < min(drawn) <= max(drawn) <= 8.0
    # Beyond the budget it is said at once, not waited for.
    assert RETRY.delay(busy("30"), 1, 0.0) is None


def test_what_would_be_no_better_is_not_tried() -> None:
    assert RETRY.delay(ConnectionFailed("another server", final=True), 1, 0.0) is None
    assert RETRY.delay(ClientClosed("closed"), 1, 0.0) is None
    assert RETRY.delay(problem_of(500, {}, b""), 1, 0.0) is None


def test_a_request_that_is_at_work_is_waited_for_within_the_budget() -> None:
    at_work = problem_of(409, {}, b'{"code":"request_under_way"}')
    assert RETRY.delay(at_work, 50, 10.0) is not None
    assert RETRY.delay(at_work, 50, 19.9) is None
    assert NO_RETRY.delay(at_work, 1, 0.0) is None


def test_retry_after_is_seconds_or_an_instant() -> None:
    assert busy("12").retry_after == 12.0
    assert busy("-1").retry_after == 0.0
    assert busy("soon").retry_after is None
    at = datetime.now(timezone.utc) + timedelta(seconds=100)
    until = busy(format_datetime(at, usegmt=True)).retry_after
    assert until is not None
    assert 0 < until <= 100


def test_problems_are_read_whatever_came() -> None:
    found = problem_of(400, {"x-request-id": "r-1"}, json.dumps(DOCUMENT).encode())
    assert type(found) is BadRequest
    assert (found.code, found.request_id) == ("invalid_body", "r-1")
    assert str(found) == "400 invalid_body: 2 things are wrong\n  /a: is no number\n  limit: is 0"
    for body in [b"", b"<html>", b"[]", b"\xff\xfe", b'{"code": 7, "errors": "x", "faults": {}}']:
        odd = problem_of(599, {}, body)
        assert type(odd) is ServerFault
        assert (odd.code, odd.errors, odd.faults) == ("http_599", [], [])
        assert str(odd)


DOCUMENT = {
    "code": "invalid_body",
    "detail": "2 things are wrong",
    "errors": [
        {"pointer": "/a", "detail": "is no number"},
        {"parameter": "limit", "detail": "is 0"},
    ],
}


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-24T10:00:00Z", 0),
        ("2026-11-24T10:00:00.5Z", 500_000),
        ("2026-11-24T10:00:00.123456789Z", 123_456),
        ("2026-11-24T12:00:00.000001+02:00", 1),
    ],
)
def test_instants_of_the_api_are_read(text: str, micros: int) -> None:
    expected = datetime(2026, 11, 24, 10, 0, 0, micros, tzinfo=timezone.utc)
    assert read_time(text) == expected
    assert read_time(write_time(expected)) == expected


@pytest.mark.parametrize("text", ["", "2026-11-24", "2026-11-24T10:00:00", "2026-13-24T10:00:00Z", "x"])
def test_other_text_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_time(text)


def test_an_instant_says_its_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        write_time(datetime(2026, 11, 24))  # noqa: DTZ001


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8080", "ftp://a", "http://", "http://u:p@h", "http://h/?x=1", "http://h:x"],
)
def test_what_is_no_server_is_said_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Client(url)


def test_a_client_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANCHLINE_URL", "https://calls.example.com/branchline/")
    monkeypatch.setenv("BRANCHLINE_API_KEY", "key_9:secret")
    assert repr(Client.from_env()) == "Client('https://calls.example.com/branchline', key='key_9')"


def test_a_closed_client_asks_nobody() -> None:
    client = Client("http://127.0.0.1:9")
    client.close()
    with pytest.raises(ConnectionFailed, match="closed"):
        client.get_health()
