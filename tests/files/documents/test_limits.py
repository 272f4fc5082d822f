import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from app.core import children
from app.files.documents import limits
from app.files.documents.errors import RenderError, Unprintable

from .conftest import text_of


def pid():
    return children._workers["render"].child.process.pid


def test_the_child_renders_as_we_do_and_is_kept(agreement):
    assert agreement["student"]["name"] in text_of(limits.render_safely("agreement", agreement))
    first = pid()
    assert limits.render_safely("agreement", agreement, "未生效").startswith(b"%PDF-")
    assert pid() == first


def test_a_killed_child_is_replaced(agreement):
    limits.render_safely("agreement", agreement)
    first = pid()
    os.kill(first, signal.SIGKILL)
    assert limits.render_safely("agreement", agreement).startswith(b"%PDF-")
    assert pid() != first


def test_a_child_killed_while_it_draws_is_asked_again(agreement):
    limits.render_safely("agreement", agreement)
    first = pid()
    agreement["trace"] = agreement["trace"] * 30
    threading.Timer(0.1, os.kill, (first, signal.SIGKILL)).start()
    assert limits.render_safely("agreement", agreement).startswith(b"%PDF-")
    assert pid() != first


def test_a_document_that_takes_too_long_fails_and_the_next_one_does_not(agreement):
    with pytest.raises(RenderError, match="died twice"):
        limits.render_safely("agreement", agreement, seconds=0.01)
    assert limits.render_safely("agreement", agreement).startswith(b"%PDF-")


def test_threads_take_turns(agreement):
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(limits.render_safely("agreement", agreement)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [pdf[:5] for pdf in made] == [b"%PDF-"] * 4


def test_missing_glyphs_and_faults_come_back_as_errors(agreement):
    agreement["number"] = "☑"
    with pytest.raises(Unprintable) as refusal:
        limits.render_safely("agreement", agreement)
    assert refusal.value.missing == [("number", "☑")]
    with pytest.raises(RenderError, match="KeyError"):
        limits.render_safely("unheard of", {})


def test_an_old_child_is_replaced(agreement, monkeypatch):
    monkeypatch.setattr(children, "LIFETIME", 1)
    limits.render_safely("agreement", agreement)
    first = pid()
    limits.render_safely("agreement", agreement)
    assert pid() != first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_starts_a_child_of_its_own(agreement):
    limits.render_safely("agreement", agreement)
    parents = pid()
    forked = os.fork()
    if forked == 0:
        status = 1
        try:
            limits.render_safely("agreement", agreement)
            status = 0 if pid() != parents else 2
            limits.stop()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
    limits.render_safely("agreement", agreement)
    assert pid() == parents


def test_the_child_gets_no_secrets(monkeypatch):
    monkeypatch.setenv("QINGQIAN_DATA_KEYS", "k1:hush-hush")
    monkeypatch.setenv("DATABASE_URL", "postgresql://hush-hush")
    assert "hush-hush" not in str(children._environment())


def test_the_child_has_bounded_memory_and_time():
    code = (
        "from app.core import child; child._limit_memory(); child._limit_cpu();"
        "import resource; print(resource.getrlimit(resource.RLIMIT_CPU)[0]); bytearray(3 << 30)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=children.ROOT)
    assert 30 <= int(done.stdout) <= 32
    assert b"MemoryError" in done.stderr


def test_the_child_ends_when_its_parent_does():
    code = (
        "from app.core import children; import os;"
        "print(children.Child('intake').process.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=children.ROOT)
    orphan = int(done.stdout)
    until = time.monotonic() + 120
    while os.path.exists(f"/proc/{orphan}/stat") and time.monotonic() < until:
        with open(f"/proc/{orphan}/stat") as state:
            if state.read().rsplit(")", 1)[1].split()[0] == "Z":
                break
        time.sleep(0.05)
    assert time.monotonic() < until
