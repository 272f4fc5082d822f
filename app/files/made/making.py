"""What the worker makes for somebody: asked for, made, kept for that person only (BLK-04).

What makes something is a `Maker` of the store `makers`. It gets the paper and says how far it is; what
it gives back is encrypted. A killed worker's job begins anew.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import xlsxwriter
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.registry import stores
from app.core.vault import Vault
from app.files.imports.errors_book import SAFE, fit
from app.files.made.models import MadeFile
from app.workflow.actor import Actor, Role

KEPT = timedelta(days=7)
FILES = Vault("paper", ".paper", ("source_key", "result_key"))


@dataclass(frozen=True)
class Maker:
    """How a kind of paper is made, and how its page presents it."""

    title: Any
    make: Callable[[MadeFile], bytes]
    back: Callable[
        [MadeFile], tuple[str, str]
    ]  # text and address of the page where it was asked for
    menu: str = ""  # the entry of the menu that its page belongs to
    noted: Mapping[str, Any] = field(default_factory=dict)  # key of `report["noted"]` → label


def may_ask(who: Actor) -> int:
    """The school whose data this person works on. Raises NotYours."""
    if who.role not in (Role.SCHOOL, Role.DATA) or who.school_id is None:
        raise NotYours("papers")
    return who.school_id


def paper_of(who: Actor, uid: str) -> MadeFile:
    """A paper of this very person, while it is kept. Raises NotYours."""
    may_ask(who)
    found = db.session.scalars(
        select(MadeFile).where(MadeFile.uid == uid, MadeFile.user_id == who.user_id)
    ).one_or_none()
    if found is None or found.school_id != who.school_id:
        raise NotYours(f"paper {uid}")
    return found


def latest(who: Actor, kinds: Sequence[str], most: int = 5) -> Sequence[MadeFile]:
    """The newest papers of this person."""
    mine = (
        MadeFile.user_id == who.user_id,
        MadeFile.kind.in_(kinds),
        MadeFile.school_id == may_ask(who),
    )
    return db.session.scalars(
        select(MadeFile).where(*mine).order_by(MadeFile.id.desc()).limit(most)
    ).all()


def make(paper: MadeFile) -> None:
    """Make it and keep the result, or the sentence why not; commits."""
    try:
        data = stores().makers[paper.kind].make(paper)
    except Refused as refusal:
        db.session.rollback()
        give_up(paper.id, str(refusal))
        return
    paper.result_key = FILES.keep(data, paper.uid)
    paper.finished_at = clock.now()
    db.session.commit()


def give_up(paper_id: int, sentence: str) -> None:
    """Say why it was not made, and commit."""
    paper = db.session.get_one(MadeFile, paper_id, populate_existing=True)
    paper.problem, paper.finished_at = sentence[:300], clock.now()
    db.session.commit()


def progress(paper: MadeFile, done: int, total: int) -> None:
    """Say how far it is, and commit: whoever looks at the page sees it."""
    paper.done, paper.total = done, total
    db.session.commit()


def source_of(paper: MadeFile) -> bytes:
    """The workbook that was brought. Raises Refused where it is deleted."""
    return FILES.read(paper.source_key, paper.uid)


def result_of(paper: MadeFile) -> bytes:
    """What was made. Raises Refused where it is deleted, or not made yet."""
    return FILES.read(paper.result_key, paper.uid)


def forget() -> int:
    """Delete the files of papers that are a week old; how many papers. Commits."""
    old = (MadeFile.created_at < clock.now() - KEPT, MadeFile.finished_at.is_not(None))
    named = MadeFile.source_key.is_not(None) | MadeFile.result_key.is_not(None)
    over = select(MadeFile).where(*old, named).with_for_update()
    done = FILES.forget(db.session.scalars(over).all())
    FILES.sweep()
    return done


@contextmanager
def book_of(out: io.BytesIO, title: str, heads: Sequence[tuple[Any, int]]) -> Iterator[Any]:
    """A workbook with one sheet: `put(values)` adds a row of texts."""
    with xlsxwriter.Workbook(out, SAFE) as book:
        page = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "bg_color": "#EEF2F7", "border": 1})
        plain = book.add_format({"num_format": "@"})
        page.freeze_panes(1, 0)
        for n, (head, width) in enumerate(heads):
            page.set_column(n, n, width, plain)
            page.write_string(0, n, fit(str(head)), bold)
        at = 0

        def put(values: Sequence[str]) -> None:
            nonlocal at
            at += 1
            for n, value in enumerate(values):
                if value:
                    page.write_string(at, n, fit(value), plain)

        yield put
