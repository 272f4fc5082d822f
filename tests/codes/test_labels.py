"""English pages have English names of codes; files and documents keep the official Chinese ones (PLN-11, F-41)."""

from __future__ import annotations

import csv

import pytest
from flask_babel import force_locale
from markupsafe import Markup

from app.codes import labels, queries
from app.codes.forms import options
from app.codes.models import Code
from app.codes.shipped import FILES, SHIPPED
from app.core.db import db
from app.signing.placements.printing import agreement_data
from app.signing.terms.models import FIELDS
from app.signing.terms.queries import exported, samples
from tests import factories as make


def rows_of(name: str) -> list[dict[str, str]]:
    with (SHIPPED / f"{name}.csv").open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture
def english(app, session):
    """A page that somebody reads in English."""
    with app.test_request_context(), force_locale("en"):
        yield


def test_every_shipped_code_and_province_has_one_english_name_and_nothing_else_has_one():
    official = {
        (table, row["name"]) for file, (table, _e) in FILES.items() for row in rows_of(file)
    }
    official |= {
        (labels.REGION, row["name"]) for row in rows_of("xzqh_full") if row["level"] == "1"
    }
    english = rows_of("english")
    named = [(row["table"], row["name"]) for row in english]
    assert len(named) == len(set(named))
    assert set(named) == official
    assert all(row["english"].isprintable() and row["english"][0].isupper() for row in english)
    assert all(ord(char) < 0x2E80 for row in english for char in row["english"])


def test_two_codes_of_one_edition_are_never_called_alike():
    for file, (table, _edition) in FILES.items():
        texts = [labels._english()[table, row["name"]] for row in rows_of(file)]
        assert len(texts) == len(set(texts)), file


@pytest.mark.usefixtures("english")
def test_an_english_page_names_codes_and_provinces_in_english():
    assert labels.code("xl", "31", 2027) == "Bachelor's graduate"
    assert labels.code_text("dwxz", "31") == "State-owned enterprise"
    assert ("34", "Information transmission, software and information technology") in options(
        "dwhy"
    )
    assert labels.province("420111") == "Hubei"
    assert labels.region("420000") == "Hubei"
    assert labels.region("420111") == 'Hubei, <span lang="zh-CN">武汉市洪山区</span>'
    assert isinstance(labels.region("420111"), Markup)


@pytest.mark.usefixtures("english")
def test_a_name_without_english_stands_in_chinese_and_says_so():
    row = db.session.query(Code).filter_by(table="dwxz", code="31").one()
    row.name = "国有<企业>"
    db.session.flush()
    queries.forget()
    assert labels.code("dwxz", "31") == '<span lang="zh-CN">国有&lt;企业&gt;</span>'
    assert labels.code_text("dwxz", "31") == "国有<企业>"
    assert labels.plain(labels.code("dwxz", "31")) == "国有<企业>"
    queries.forget()


def test_a_chinese_page_and_a_worker_name_them_officially(app, session):
    with app.test_request_context(), force_locale("zh"):
        assert labels.code("xl", "31", 2027) == "本科生毕业"
        assert labels.region("420111") == "湖北省武汉市洪山区"
        assert labels.code("xl", "nobody knows") == "nobody knows"
    with force_locale("en"):  # files are made outside a request
        assert labels.code("xl", "31", 2027) == "本科生毕业"


@pytest.mark.rule("DOC-01", "DOC-03")
def test_an_agreement_is_chinese_whoever_looks_at_it(cast, app):
    received = {field.only_if: "UNIT" for field in FIELDS if field.only_if}
    placement = make.accept(make.invite(cast.employer, cast.student, **samples(**received))[0])
    said = {}
    for language in ("zh", "en"):
        with app.test_request_context(), force_locale(language):
            said[language] = agreement_data(placement, "")
            said[language].pop("printed_at")
    assert said["en"] == said["zh"]
    assert said["en"]["kind_label"] == "线上签约"


@pytest.mark.usefixtures("english")
def test_exports_keep_official_names_because_they_come_back(cast):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    found = exported("terms")
    assert found["terms.position_kind"].out_row(placement) == "工程技术人员"
    assert found["terms.workplace"].out_shape("420111") == "湖北省武汉市洪山区"


def test_the_desk_and_the_letters_form_read_english(cast, visit):
    def read(who, address: str) -> str:
        browser = visit(who)
        browser.get("/lang/en")
        return browser.get(address).text

    letter = make.invite(cast.employer, cast.student)[0]
    form = read(make.account(cast.employer), f"/employer/invitations/{letter.id}/edit")
    assert "Engineering and technical staff" in form
    page = read(cast.officer, f"/desk/show/{make.accept(letter).id}")
    for words in (
        "Engineering and technical staff",
        "Bachelor&#39;s graduate",
        "Non-targeted",
        'Hubei, <span lang="zh-CN">武汉市洪山区</span>',
    ):
        assert words in page, words
    assert "工程技术人员" not in page
