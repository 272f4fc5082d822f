"""Hostile files end in a plain sentence, in bounded time and memory; the harmless one is read (BLK-05)."""

import contextlib
import os
import resource
import signal
import threading
import time
from pathlib import Path

import pytest

from app.core import children
from app.core.errors import Invalid, Refused
from app.files.imports import intake
from app.files.imports.columns import CellKind, Column, Context, ValueList
from app.files.imports.sheet import Sheet, Target
from app.signing.invitations.models import Candidate
from tests.depth import times
from tests.files.imports import hostile
from tests.files.imports.books import xlsx
from tests.files.imports.hostile_more import MORE
from tests.stores import with_sheet

ATTACKS = {
    hostile.many_rows: "解压后超过 200 MB",
    hostile.unused_strings: "解压后超过 200 MB",
    hostile.one_cell: "解压后超过 200 MB",
    hostile.far_cell: "超过第 100201 行",
    hostile.far_cell_in_entities: "文件已损坏",
    hostile.far_cell_within_bounds: "超出读取时间或内存的限制",
    hostile.million_rows: "请删除表格下方的空行",
    hostile.laughs: "XML 声明",
    hostile.external_entity: "XML 声明",
    hostile.entity_in_utf16: "文件已损坏",
    hostile.macros: "含有宏",
    hostile.outer_links: "指向其他文件的链接",
    hostile.embedded: "嵌入对象",
    hostile.climbing_name: "文件已损坏",
    hostile.lying_sizes: "解压|损坏",
    hostile.encrypted: "密码保护",
}
ALL = {attack: ("a.xlsx", says) for attack, says in ATTACKS.items()} | MORE


@pytest.fixture(autouse=True)
def _warm_children():
    """Each file has a child of its own, as in production."""


@pytest.fixture
def sheet(app):
    """Two columns, for the reader alone."""
    made = Sheet(
        name="sample",
        title="Sample",
        roles=(),
        home=lambda: ("", ""),
        prepare=lambda record: Context(None, {"c": ValueList([])}),
        target=Target(Candidate, (), (), (), lambda record: {}),
        columns=(
            Column("no", "Student number", CellKind.CODE, "XH", ("学号",)),
            Column("name", "Name", code="XM", also=("姓名",)),
            Column("day", "Day", CellKind.DAY, also=("日期",)),
        ),
    )
    with with_sheet(made):
        yield made


def read(app, data, sheet, name="a.xlsx"):
    from flask_babel import force_locale

    with app.test_request_context(), force_locale("zh"):
        return intake.read(data, name, sheet)


def rows(reading):
    cells = reading.frame[list(range(len(reading.heads)))]
    return list(zip(reading.frame["line"], cells.to_numpy().tolist(), strict=True))


@pytest.mark.rule("BLK-05")
@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.__name__)
def test_an_attack_ends_in_a_sentence(app, sheet, attack, monkeypatch):
    data, (name, says) = attack(), ALL[attack]
    assert len(data) < intake.MAX_BYTES
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refused, match=says):
        read(app, data, sheet, name)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50 * 1024
    # who reads the good one, in a child of its own, meets the next attack
    monkeypatch.setattr(children, "dismiss", lambda _task, **_more: None)
    good = read(app, xlsx([{"学号": "1", "姓名": "甲"}], ["学号", "姓名"]), sheet)
    assert rows(good) == [(2, ["1", "甲"])]


@pytest.mark.rule("BLK-05")
def test_the_harmless_one_is_read(app, sheet):
    reading = read(app, hostile.lying_dimension(), sheet)
    assert rows(reading) == [(2, ["1", "甲"])]


@pytest.mark.rule("BLK-05")
def test_no_child_reads_a_second_file_and_a_fresh_one_waits_for_it(app, sheet):
    worker, read_by = children._workers["sheets"], []
    for _n in range(2):
        read(app, hostile.lying_dimension(), sheet)
        read_by.append(worker.child.process.pid)
        assert worker.child.served == 0
    assert len(set(read_by)) == 2
    assert not Path(f"/proc/{read_by[0]}").exists()


@pytest.mark.rule("BLK-03", "BLK-05")
def test_a_child_that_is_killed_while_it_reads_ends_in_a_sentence(app, sheet):
    rows = [{"学号": str(n), "姓名": "甲"} for n in range(40_000)]
    data = xlsx(rows, ["学号", "姓名"])

    def kill():
        until = time.monotonic() + 120
        while time.monotonic() < until:
            child = children._workers["sheets"].child
            if child is not None and child.served:
                os.kill(child.process.pid, signal.SIGKILL)
                return
            time.sleep(0.001)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(Refused, match="超出读取时间或内存的限制"):
        read(app, data, sheet)
    killer.join()
    assert len(read(app, data, sheet).frame) == 40_000


@pytest.mark.rule("BLK-02")
def test_a_dbf_in_gbk_is_read_with_its_zeros(app, sheet):
    data = hostile.dbf([("XH", 10), ("XM", 12)], [("0012", "黄河水"), ("0013", "买买提·吾")])
    reading = read(app, data, sheet, "plan.dbf")
    assert rows(reading) == [(2, ["0012", "黄河水"]), (3, ["0013", "买买提·吾"])]
    with pytest.raises(Refused, match="文件已损坏"):
        read(app, data[:-9], sheet, "plan.dbf")
    with pytest.raises(Refused, match="文件已损坏"):
        read(app, data[:40], sheet, "plan.dbf")


@pytest.mark.rule("BLK-05")
def test_any_bytes_at_all_end_in_a_sentence_or_rows(app, sheet):
    import random

    dice = random.Random(7)
    good = xlsx([{"学号": str(n), "姓名": "甲"} for n in range(20)], ["学号", "姓名"])
    for n in range(times(10, 40)):
        data = bytearray(good)
        for _spoil in range(1 + n):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with contextlib.suppress(Refused, Invalid):
            read(app, bytes(data), sheet)
    for start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x03", b"", b"\xff\xfe"):
        with pytest.raises(Refused):
            read(app, start + dice.randbytes(2000), sheet, "x.dbf")
