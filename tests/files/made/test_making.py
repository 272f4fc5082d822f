"""Papers of any kind: kept for the asker alone, and for a week (BLK-04)."""

import pytest

from app.core.db import db
from app.core.errors import Refused
from app.core.registry import stores
from app.files.made import making, requests, tasks
from app.files.made.models import MadeFile
from tests import factories as make
from tests.factories import actor
from tests.files.made.conftest import result
from tests.stores import otherwise


@pytest.fixture
def kind():
    """A kind that nobody but the test knows."""
    maker = making.Maker(
        "一页纸", lambda paper: b"words", lambda paper: ("来处", "/from"), noted={"n": "页数"}
    )
    with otherwise(makers={**stores().makers, "page": maker}):
        yield "page"


@pytest.fixture
def paper(cast, kind, made):
    return made(requests.ask(actor(cast.officer), kind, {"purpose": "核对"}, "a.txt"))


@pytest.mark.rule("PLN-09", "BLK-04")
def test_old_papers_are_deleted_after_a_week(paper):
    assert result(paper) == b"words"
    make.pass_time(days=8)
    assert tasks.forget_papers.func() == 1
    with pytest.raises(Exception, match=r"."):
        making.result_of(db.session.get(MadeFile, paper.id))


@pytest.mark.rule("BLK-04")
def test_the_page_says_what_the_kind_registered_and_is_the_askers_alone(cast, paper, visit):
    paper.report = {"noted": {"n": 1}}
    db.session.commit()
    page = visit(cast.officer).get(f"/plan/papers/{paper.uid}").text
    assert all(text in page for text in ("一页纸", "来处", "/from", "页数", "核对", "a.txt"))
    assert visit(cast.officer).get(f"/plan/papers/{paper.uid}/file").data == b"words"
    assert visit(cast.other_officer).get(f"/plan/papers/{paper.uid}").status_code == 404


@pytest.mark.rule("BLK-04")
def test_a_refusal_while_it_is_made_is_told_and_any_fault_ends_it_in_a_sentence(cast, kind, made):
    def fails_with(error):
        def make_it(_paper):
            raise error

        known = stores().makers[kind]
        failing = making.Maker(known.title, make_it, known.back)
        with otherwise(makers={kind: failing}):
            return made(requests.ask(actor(cast.officer), kind, {}, "a.txt"))

    assert fails_with(Refused("今天不行")).problem == "今天不行"
    done = fails_with(RuntimeError("secret"))
    assert done.problem
    assert "secret" not in done.problem
    assert done.result_key is None
