"""The printed paper agreement: nothing lost in any field, no word of «online», public verification (DOC-01)."""

from __future__ import annotations

import re

import pytest

from app.accounts.queries import actor_of
from app.core.db import db
from app.signing.offline.evidence import add_scan
from app.signing.offline.workflow import draft
from app.signing.placements.models import Placement
from app.signing.placements.printing import preview
from app.signing.placements.tasks import agreement_pdf, document_of, make_agreement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import ON_PAPER
from tests import factories as make
from tests.files.documents.conftest import text_of
from tests.previews import drawn_for
from tests.signing.offline.paper import approved, filled, generated, photo

RARE = "𬸘㛃䶮龘靐齉·买买提·吾布力"


ADDRESS = "湖北省武汉市洪山区街道口珞狮路165号"


def longest() -> dict[str, str]:
    """Every field of the form as long as it may be: texts of each term with its own beginning, most pay."""
    texts = {f.name: RARE if "contact" in f.name else f"{f.printed}{ADDRESS}" for f in ON_PAPER}
    terms = {f.name: (texts[f.name] * f.length)[: f.length] for f in ON_PAPER if f.kind == "text"}
    terms |= {f.name: str(f.high) for f in ON_PAPER if f.kind == "money"}
    received = {f.only_if: "UNIT" for f in ON_PAPER if f.only_if}
    return (
        make.typed(make.offer(**received))
        | terms
        | {
            "employer_name": ("武汉星光𬸘䶮智能制造股份有限公司" * 8)[:120],
            "employer_address": (ADDRESS * 12)[:200],
            "employer_email": "a" * 60 + "@" + "b" * 54 + ".com",
        }
    )


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def issued(placement) -> bytes:
    make_agreement.func(placement.id)
    pdf = drawn_for(agreement_pdf, db.session.get(Placement, placement.id))
    assert pdf is not None
    return pdf


@pytest.mark.rule("DOC-01", "DOC-06")
def test_the_longest_and_rarest_text_is_printed_whole_in_every_field(cast):
    long = longest()
    text = plain(text_of(drawn_for(preview, draft(cast.student, filled(**long)))))
    for name, value in long.items():
        if len(value) > 40:
            # lines of a cell stand beside those of its neighbours: each piece is there, in order
            pieces = [value[n : n + 5] for n in range(0, len(value) - 5, 5)]
            assert sum(piece in text for piece in pieces) >= len(pieces) // 2, name
            assert set(value) <= set(text), name
    assert "999,999元/月" in text
    assert "999,999元" in text


@pytest.mark.rule("DOC-01", "AGR-10", "OFF-04")
def test_the_sheet_to_be_stamped_has_number_boxes_and_no_word_of_online(cast):
    paper = approved(cast.student, cast.officer)
    text = plain(text_of(issued(paper)))
    for words in (
        paper.agreement_no,
        "线下签约",
        "盖章：",
        "签字：",
        "年月日",
        "核验码",
        "三方签字盖章，并经学校鉴证后生效",
        "6,000元/月",
    ):
        assert words in text, words
    for words in ("网上", "在线", "线上", "本文件未生效", "应约有效期"):
        assert words not in text, words


@pytest.mark.rule("DOC-01")
def test_before_it_is_approved_every_page_says_not_in_force(cast):
    paper = generated(cast.student)
    assert "未生效" in text_of(drawn_for(agreement_pdf, paper))


@pytest.mark.rule("DOC-04", "OFF-04", "OFF-06")
def test_the_public_page_says_not_yet_then_in_force(cast, client):
    paper = approved(cast.student, cast.officer)
    issued(paper)
    code = document_of(paper).code
    page = client.get(f"/v/{code}").text
    assert "尚未生效" in page
    assert "已终止" not in page
    add_scan(paper.id, make.actor(cast.student), "a.jpg", photo())
    PLACEMENTS.perform("hand_in", paper.id, make.actor(cast.student))
    assert "尚未生效" in client.get(f"/v/{code}").text
    PLACEMENTS.perform("attest", paper.id, actor_of(cast.officer))
    page = client.get(f"/v/{code}").text
    assert "尚未生效" not in page
    assert "已生效" in page


@pytest.mark.rule("DOC-04", "OFF-06")
def test_given_up_it_is_void_for_the_public_and_marked_for_the_parties(cast, client):
    paper, student = approved(cast.student, cast.officer), make.actor(cast.student)
    issued(paper)
    code = document_of(paper).code
    PLACEMENTS.perform("ask_give_up", paper.id, student, reason="单位暂停招聘")
    assert "尚未生效" in client.get(f"/v/{code}").text
    PLACEMENTS.perform("give_up", paper.id, actor_of(cast.officer))
    page = client.get(f"/v/{code}").text
    assert "尚未生效" not in page
    assert "已失效" in page
    assert "已失效" in text_of(drawn_for(agreement_pdf, db.session.get(Placement, paper.id)))
