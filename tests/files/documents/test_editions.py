"""Two editions of one document: whole numbers for who needs them, masked for all others (DOC-08)."""

from __future__ import annotations

import hashlib
import html
import io
from urllib.parse import quote

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from app.accounts.log_models import SecurityEvent
from app.core import filestore
from app.core.db import db
from app.files.documents import full_editions, issued
from app.files.documents.editions import GIVEN
from app.settings.queries import set_setting
from app.signing.placements.tasks import document_of, make_agreement, make_full_agreement
from app.signing.terminations.tasks import letter_of, make_letter
from tests import factories as make
from tests.factories import actor, terminate
from tests.signing.desk.desk import signed

pytestmark = pytest.mark.rule("DOC-08")
FULL_BY_DEFAULT = ("student", "employer", "officer", "college_officer")
MASKED_BY_DEFAULT = ("data", "province")


@pytest.fixture
def placement(cast):
    found = make.attest(signed(cast.employer, cast.student)[0], cast.officer)
    make_agreement(found.id)
    return found


def words(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def user_of(cast, name):
    found = getattr(cast, name)
    return make.account(found) if name in ("student", "employer") else found


def fetch(browser, url: str, purpose: str = "") -> object:
    return browser.post(url, data={"purpose": purpose}) if purpose else browser.get(url)


def reveals() -> list[SecurityEvent]:
    return list(db.session.scalars(select(SecurityEvent).where(SecurityEvent.event == "reveal")))


@pytest.mark.parametrize("name", FULL_BY_DEFAULT)
def test_parties_and_offices_get_the_full_edition_and_it_says_so(cast, placement, visit, name):
    student, browser = cast.student, visit(user_of(cast, name))
    staff = name.endswith("officer")
    answer = fetch(browser, f"/agreements/{placement.id}/full", "档案转递" if staff else "")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert quote(f"{placement.agreement_no}-完整版.pdf") in answer.headers["Content-Disposition"]
    said = words(answer.data)
    assert student.id_number in said
    assert student.phone in said
    assert "完整版" in said
    masked = browser.get(f"/agreements/{placement.id}.pdf")
    assert quote("脱敏版") in masked.headers["Content-Disposition"]
    for number in (student.id_number, student.phone):
        assert number not in words(masked.data)
    assert "脱敏版" in words(masked.data)
    logged = [(row.details.get("purpose"), row.details["rows"]) for row in reveals()]
    expected = {"student": [], "employer": [(None, 1)]}
    assert logged == expected.get(name, [("档案转递", 1)])


@pytest.mark.parametrize("name", MASKED_BY_DEFAULT)
def test_who_is_not_named_by_the_setting_gets_the_masked_one_only(cast, placement, visit, name):
    browser = visit(getattr(cast, name))
    url = f"/agreements/{placement.id}/full"
    for answer in (browser.get(url), browser.post(url, data={"purpose": "看看"})):
        assert answer.status_code == 409
        assert "脱敏版" in answer.text
    assert not reveals()
    assert browser.get(f"/agreements/{placement.id}.pdf").status_code == 200


@pytest.mark.parametrize("name", [*FULL_BY_DEFAULT, *MASKED_BY_DEFAULT])
def test_the_setting_of_the_school_is_asked_at_each_fetch(cast, placement, visit, name):
    user = user_of(cast, name)
    browser, url = visit(user), f"/agreements/{placement.id}/full"
    key = GIVEN[actor(user).role]
    for value, status in ((True, 200), (False, 409), (True, 200)):
        set_setting(cast.school.id, key, value, None)
        db.session.commit()
        assert browser.get(url).status_code == status


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize(
    "name", ["classmate", "stranger", "other_officer", "other_college_officer"]
)
def test_for_nobody_else_the_full_edition_is_there(cast, placement, visit, name):
    found = getattr(cast, name)
    user = make.account(found) if name in ("classmate", "stranger") else found
    answer = visit(user).post(f"/agreements/{placement.id}/full", data={"purpose": "好奇"})
    assert answer.status_code == 404
    assert not reveals()


@pytest.mark.rule("RPT-05", "ADM-07")
def test_staff_say_what_for_before_a_byte_goes_out(cast, placement, visit):
    office, url = visit(cast.officer), f"/agreements/{placement.id}/full"
    page = office.get(url)
    assert page.mimetype == "text/html"
    assert cast.student.id_number not in page.text
    for purpose in (" ", "x", "长" * 101):
        answer = office.post(url, data={"purpose": purpose})
        assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert not reveals()
    assert office.post(url, data={"purpose": "报到入职"}).mimetype == "application/pdf"
    [row] = reveals()
    assert (row.details["purpose"], row.actor_id) == ("报到入职", cast.officer.id)


def test_both_editions_share_number_code_and_digest_and_the_full_one_is_kept_sealed(
    cast, placement
):
    document = document_of(placement)
    full, masked = full_editions.read_full(document), issued.read(document)
    for pdf in (full, masked):
        said = words(pdf).replace("\n", "")
        for same in (document.number, document.data_sha256[:16], document.code[:4]):
            assert same in said
    assert hashlib.sha256(full).hexdigest() == document.full_sha256
    stored = filestore.read_file(document.full_key)
    assert b"%PDF" not in stored
    assert full not in stored


def test_a_changed_full_file_is_never_sent(cast, placement, visit, monkeypatch):
    monkeypatch.setattr(filestore, "open_file", lambda key: io.BytesIO(b"k1|" + b"x" * 60))
    assert (
        visit(make.account(cast.student)).get(f"/agreements/{placement.id}/full").status_code == 500
    )


@pytest.mark.rule("DOC-04")
@pytest.mark.parametrize("edition", ["完整版", "脱敏版"])
def test_either_edition_proves_itself_on_the_public_page(cast, placement, client, edition):
    document = document_of(placement)
    pdf = full_editions.read_full(document) if edition == "完整版" else issued.read(document)
    answer = client.post("/v/file", data={"file": (io.BytesIO(pdf), "a.pdf")})
    page = html.unescape(answer.text)
    assert f"签发时的{edition}完全一致" in page
    assert "已生效" in page
    for number in (cast.student.id_number, cast.student.phone, cast.student.name):
        assert number not in page
    changed = pdf[:-1] + b"x"
    strange = client.post("/v/file", data={"file": (io.BytesIO(changed), "a.pdf")}).text
    assert "不是本平台签发" in strange
    assert "已生效" not in strange
    assert client.post("/v/file").status_code == 200


def test_a_document_issued_before_gets_its_full_edition_on_demand(cast, placement, visit):
    document = document_of(placement)
    before = words(full_editions.read_full(document))
    document.full_key = document.full_sha256 = None
    db.session.commit()
    browser = visit(make.account(cast.student))
    assert browser.get(f"/agreements/{placement.id}.pdf").status_code == 200
    assert browser.get(f"/agreements/{placement.id}/full").status_code == 202
    make_full_agreement(placement.id)
    answer = browser.get(f"/agreements/{placement.id}/full")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.data).hexdigest() == document_of(placement).full_sha256
    assert words(answer.data) == before  # as it was issued, the trace and the day too


def test_where_the_record_changed_since_the_old_document_has_no_other_edition(
    cast, placement, visit
):
    document = document_of(placement)
    document.full_key = document.full_sha256 = None
    db.session.execute(
        text("UPDATE student SET name = '新名' WHERE id = :id"), {"id": cast.student.id}
    )
    db.session.commit()
    answer = visit(make.account(cast.student)).get(f"/agreements/{placement.id}/full")
    assert answer.status_code == 409
    assert "签发后信息已有变动" in answer.text
    make_full_agreement(placement.id)
    assert document_of(placement).full_key is None


@pytest.mark.rule("DOC-02")
def test_the_termination_letter_has_both_editions(cast, placement, visit):
    found = terminate(placement)
    from app.signing.terminations.workflow import TERMINATIONS

    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    TERMINATIONS.perform("approve", found.id, actor(cast.officer))
    make_letter(found.id)
    browser = visit(make.account(cast.student))
    full = browser.get(f"/terminations/{found.id}/full")
    assert cast.student.id_number in words(full.data)
    masked = browser.get(f"/terminations/{found.id}.pdf")
    assert cast.student.id_number not in words(masked.data)
    assert letter_of(found).full_sha256 == hashlib.sha256(full.data).hexdigest()
    assert visit(cast.data).get(f"/terminations/{found.id}/full").status_code == 409
    assert visit(cast.other_officer).get(f"/terminations/{found.id}/full").status_code == 404


@pytest.mark.parametrize("name", ["student", "officer"])
def test_the_pages_offer_both_and_say_which_is_which(cast, placement, visit, name):
    browser = visit(user_of(cast, name))
    page = browser.get(
        f"/desk/show/{placement.id}" if name == "officer" else f"/my/signings/{placement.id}"
    ).text
    assert f"/agreements/{placement.id}/full" in page
    assert "完整版" in page
