"""Agreements over HTTP: who gets which document, and how it is sent."""

from __future__ import annotations

import hashlib
import io
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from app.core import filestore
from app.signing.placements.tasks import document_of, make_agreement
from tests import factories as make
from tests.previews import fetched
from tests.signing.desk.desk import signed


@pytest.fixture
def placement(cast):
    return signed(cast.employer, cast.student)[0]


def words(answer) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


@pytest.mark.rule("AGR-02", "DOC-01")
def test_before_it_is_in_force_the_agreement_is_a_marked_preview(cast, placement, visit):
    answer = fetched(visit(cast.officer), f"/agreements/{placement.id}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert "未生效" in words(answer)


@pytest.mark.rule("AGR-04", "DOC-01")
def test_in_force_it_is_the_document_of_record_once_it_was_made(cast, placement, visit):
    make.attest(placement, cast.officer)
    desk = visit(cast.officer)
    assert desk.get(f"/agreements/{placement.id}.pdf").status_code == 202
    make_agreement(placement.id)
    answer = desk.get(f"/agreements/{placement.id}.pdf?download=1")
    assert hashlib.sha256(answer.data).hexdigest() == document_of(placement).sha256
    kept = quote(f"{placement.agreement_no}-脱敏版.pdf")
    assert answer.headers["Content-Disposition"].endswith(f"filename*=UTF-8''{kept}")
    assert "未生效" not in words(answer)


@pytest.mark.rule("GRD-06")
def test_a_changed_file_is_never_sent(cast, placement, visit, monkeypatch):
    make.attest(placement, cast.officer)
    make_agreement(placement.id)
    monkeypatch.setattr(filestore, "read_file", lambda key: b"%PDF-forged")
    assert visit(cast.officer).get(f"/agreements/{placement.id}.pdf").status_code == 500


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("student", 200),
        ("employer", 200),
        ("college_officer", 200),
        ("officer", 200),
        ("province", 200),
        ("data", 200),
        ("classmate", 404),
        ("rival", 404),
        ("other_college_officer", 404),
        ("other_officer", 404),
        ("admin", 403),
    ],
)
def test_only_those_concerned_get_the_agreement(cast, placement, visit, monkeypatch, who, status):
    monkeypatch.setattr(
        "app.signing.placements.views.agreement_pdf", lambda found, who: b"%PDF-1.7"
    )
    record = getattr(cast, who)
    user = record if hasattr(record, "username") else make.account(record)
    browser = visit(user)
    assert fetched(browser, f"/agreements/{placement.id}.pdf").status_code == status
    assert browser.get("/agreements/99999999.pdf").status_code in (404, 403)
    assert browser.get("/agreements/99999999999999999999.pdf").status_code == 404


def test_a_stranger_is_led_to_the_sign_in_page(placement, client):
    assert client.get(f"/agreements/{placement.id}.pdf").status_code == 302
