"""A queue that stands is shortened: who waited too long to read is turned away, who pressed a button is not."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core import shedding
from tests.core.test_patience import GET, port, post, talk

assert port  # the fixture

READ = b"GET /desk/list/ HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n"
PRESSED = b"POST /desk/act HTTP/1.1\r\nHost: h\r\n\r\n"
SCRIPT = b"POST /desk/act HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n"
SLOW = GET.replace(b"/page", b"/slow")


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test moves."""
    at = [1000.0]
    monkeypatch.setattr(shedding.time, "monotonic", lambda: at[0])
    return at


def test_in_a_rush_who_reads_waits_some_seconds_and_no_longer(clock):
    crowd = shedding.Crowd()
    assert not crowd.too_late(READ, clock[0] - shedding.LONGEST)
    assert crowd.too_late(READ, clock[0] - shedding.LONGEST - 0.1)


def test_a_queue_that_stands_has_short_patience_until_it_was_empty(clock):
    crowd = shedding.Crowd()
    clock[0] += shedding.RUSH + 1
    assert crowd.too_late(READ, clock[0] - 0.5)
    assert not crowd.too_late(READ, clock[0])  # no wait: the queue is empty
    assert not crowd.too_late(READ, clock[0] - 0.5)


def test_who_changes_something_waits_longest_and_the_watch_always(clock):
    crowd = shedding.Crowd()
    clock[0] += 60
    assert not crowd.too_late(PRESSED, clock[0] - shedding.LONGEST * 2)
    assert crowd.too_late(PRESSED, clock[0] - shedding.CHANGING - 1)
    for path in (b"/healthz", b"/static/app.css?v=1", b"/dialogs/zh.js?v=1"):
        assert not crowd.too_late(b"GET " + path + b" HTTP/1.1\r\n\r\n", clock[0] - 3600)


def test_what_was_turned_away_stands_in_the_log_once_a_minute(clock, caplog):
    crowd = shedding.Crowd()
    for _n in range(50):
        clock[0] += 2
        crowd.too_late(READ, clock[0] - 5)
    assert [record.args for record in caplog.records] == [(1,), (31,)]


def test_a_page_that_was_read_comes_again_by_itself_and_a_form_does_not():
    read, pressed = shedding.answer(READ).decode(), shedding.answer(PRESSED).decode()
    again = re.search(r"Retry-After: (\d+)", read).group(1)
    assert f'http-equiv="refresh" content="{again}"' in read
    assert f"{again} 秒后自动重新打开" in read
    assert "refresh" not in pressed
    assert "没有处理，也没有保存" in pressed
    assert "was not carried out" in pressed
    assert "$" not in read + pressed


def test_a_script_gets_its_sentence_as_json():
    head, _gap, body = shedding.answer(SCRIPT).partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    assert shedding.BUSY in json.loads(body)["error"]
    assert f"Content-Length: {len(body)}".encode() in head
    assert shedding.answer(READ.replace(b"GET", b"HEAD")).endswith(b"\r\n\r\n")


def test_twice_what_the_server_can_do_is_shed_and_nothing_that_was_pressed_is_lost(port):
    with ThreadPoolExecutor(55) as crowd:  # ten seconds of work for two threads
        reads = [crowd.submit(talk, port, SLOW) for _n in range(50)]
        pressed = [crowd.submit(talk, port, post(b"x", "Connection: close\r\n")) for _n in range(5)]
        answers = [one.result() for one in reads]
        done = [one.result() for one in pressed]
    served = [one for one in answers if one.startswith(b"HTTP/1.1 200")]
    shed = [one for one in answers if one.startswith(b"HTTP/1.1 503")]
    assert len(served) >= 6
    assert len(shed) >= 6
    assert len(served) + len(shed) == 50
    assert all(b"Retry-After: " in one for one in shed)
    assert all(one.startswith(b"HTTP/1.1 200") for one in done)
    assert b"/page 0 " in talk(port, GET)  # and at once afterwards
