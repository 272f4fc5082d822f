"""Both parties' pages: the right button for each state, the list with filters and export, the letter."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from app.core.db import db
from app.signing.terminations.models import Termination
from app.signing.terminations.tasks import make_letter
from app.signing.terminations.workflow import TERMINATIONS
from tests.downloads import as_csv
from tests.factories import (
    accept,
    account,
    actor,
    attest,
    code_for,
    invite,
    make_employer,
    pass_time,
    sent,
    terminate,
)


@pytest.fixture
def signed(cast):
    """The student's signing, in force."""
    return attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)


def picture() -> tuple:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), "证明.jpg"


@pytest.mark.rule("TRM-02", "TRM-08")
def test_the_student_applies_on_the_page_of_the_signing(cast, visit, signed):
    browser = visit(account(cast.student))
    assert "星光集团有限公司" in browser.get("/my/terminations/").get_data(as_text=True)
    page = browser.get(f"/my/terminations/signing/{signed.id}").get_data(as_text=True)
    assert "申请解约" in page
    assert "解约须知" in page
    url = f"/my/terminations/{signed.id}/request"
    browser.post(url, data={"reason": "已考取研究生"})
    assert db.session.query(Termination).count() == 0  # not ticked
    code = code_for(browser, f"/acts/termination/{signed.id}/request/code")
    for _click in range(2):
        browser.post(url, data={"reason": "已考取研究生", "agreed": "1", "code": code})
    [found] = db.session.query(Termination).all()
    page = browser.get(f"/my/terminations/signing/{signed.id}").get_data(as_text=True)
    assert "等待对方处理" in page
    assert "已考取研究生" in page
    assert f'action="/my/terminations/{found.id}/agree"' not in page


@pytest.mark.rule("TRM-07", "TRM-03")
def test_the_employer_finds_the_application_and_agrees(cast, visit, signed):
    found = terminate(signed)
    browser = visit(account(cast.employer))
    assert "黄河水" in browser.get("/employer/terminations/list/?tab=asked").get_data(as_text=True)
    assert (
        browser.get(f"/terminations/{found.id}").headers["Location"].endswith(f"/show/{signed.id}")
    )
    page = browser.get(f"/employer/terminations/show/{signed.id}").get_data(as_text=True)
    assert "同意解约" in page
    browser.post(f"/employer/terminations/{found.id}/leave")
    assert found.state == "requested"
    browser.post(f"/employer/terminations/{found.id}/agree", data={"agreed": "1"})
    assert found.state == "requested"  # the employer proves itself too
    code = code_for(browser, f"/acts/termination/{found.id}/agree/code")
    browser.post(f"/employer/terminations/{found.id}/agree", data={"agreed": "1", "code": code})
    assert found.state == "awaiting_school"


@pytest.mark.rule("TRM-03", "ACC-10")
def test_the_student_agrees_with_a_code_for_this_act_only(cast, visit, signed):
    found = terminate(signed, cast.employer, "岗位撤销")
    browser = visit(account(cast.student))
    page = browser.get(f"/my/terminations/signing/{signed.id}").get_data(as_text=True)
    assert "岗位撤销" in page
    url = f"/my/terminations/{found.id}/agree"
    browser.post(url, data={"agreed": "1"})
    browser.post(url, data={"agreed": "1", "code": "000000"})
    assert found.state == "requested"
    code = code_for(browser, f"/acts/termination/{found.id}/agree/code")
    assert browser.post(f"/acts/termination/{found.id}/leave/code").status_code in (404, 403)
    sent()
    pass_time(minutes=11)
    browser = visit(account(cast.student))
    browser.post(url, data={"agreed": "1", "code": code})
    assert found.state == "requested"  # ten minutes are over
    code = code_for(browser, f"/acts/termination/{found.id}/agree/code")
    browser.post(url, data={"code": code})
    assert found.state == "requested"  # not ticked; the code is not lost
    browser.post(url, data={"agreed": "1", "code": code})
    assert found.state == "awaiting_school"


@pytest.mark.rule("TRM-05", "INV-19")
def test_a_greyed_button_says_that_the_chance_is_used_up(cast, visit, signed):
    found = terminate(signed)
    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    TERMINATIONS.perform("approve", found.id, actor(cast.officer))
    second = attest(accept(invite(cast.rival, cast.student)[0]), cast.officer)
    page = (
        visit(account(cast.student))
        .get(f"/my/terminations/signing/{second.id}")
        .get_data(as_text=True)
    )
    assert "解约机会已用完" in page


@pytest.mark.rule("TRM-09", "DOC-05")
def test_evidence_is_added_by_the_parties_and_read_in_scope_only(cast, visit, signed):
    found = terminate(signed)
    browser = visit(account(cast.student))
    url = f"/my/terminations/{found.id}/evidence"
    browser.post(url, data={"files": [picture(), (io.BytesIO(b"<script>"), "x.html")]})
    page = browser.get(f"/my/terminations/signing/{signed.id}").get_data(as_text=True)
    [link] = set(re.findall(r"/files/[0-9a-f]{32}", page))
    for user, status in (
        (account(cast.student), 200),
        (account(cast.employer), 200),
        (cast.officer, 200),
        (account(cast.classmate), 404),
        (account(cast.rival), 404),
        (cast.other_officer, 404),
        (cast.other_college_officer, 404),
    ):
        assert visit(user).get(link).status_code == status, user
    assert (
        visit(account(cast.rival)).post(f"/employer/terminations/{found.id}/evidence").status_code
        == 404
    )


@pytest.mark.rule("TRM-07", "BLK-01")
def test_the_list_is_narrowed_and_exported_as_narrowed(cast, visit, signed):
    attest(accept(invite(cast.employer, cast.stranger)[0]), cast.other_officer)
    signed.student.name = "=cmd()"
    db.session.commit()
    browser = visit(account(cast.employer))
    page = browser.get("/employer/terminations/list/?tab=signed").get_data(as_text=True)
    assert "买买提·吾布力" in page
    query = f"tab=signed&f_school={cast.school.id}"
    assert "买买提" not in browser.get(f"/employer/terminations/list/?{query}").get_data(
        as_text=True
    )
    sheet = as_csv(browser, "EmployerTerminationsView", query).get_data(as_text=True)
    assert sheet.startswith("\ufeff")
    assert "买买提" not in sheet
    assert "\n=cmd" not in sheet
    answer = browser.post(
        "/employer/terminations/search", data={"q": cast.stranger.id_number, "tab": "signed"}
    )
    assert cast.stranger.id_number not in answer.headers["Location"]
    assert "买买提" in browser.get(answer.headers["Location"]).get_data(as_text=True)


@pytest.mark.rule("ACC-02", "TRM-07")
def test_a_strangers_termination_is_not_there(cast, visit, signed):
    found = terminate(signed)
    other = make_employer(cast.school)
    for user, base in (
        (account(cast.classmate), "/my/terminations"),
        (account(other), "/employer/terminations"),
    ):
        browser = visit(user)
        page = (
            f"{base}/signing/{signed.id}" if base.startswith("/my") else f"{base}/show/{signed.id}"
        )
        assert browser.get(page).status_code == 404
        assert (
            browser.post(
                f"{base}/{signed.id}/request", data={"reason": "x", "agreed": "1"}
            ).status_code
            == 404
        )
        assert browser.post(f"{base}/{found.id}/agree", data={"agreed": "1"}).status_code == 404
        assert browser.get(f"/terminations/{found.id}").status_code == 404
        assert browser.get(f"/terminations/{found.id}.pdf").status_code == 404
    assert (
        visit(account(cast.student)).post(f"/my/terminations/{found.id}/approve").status_code == 404
    )


@pytest.mark.rule("DOC-02", "DOC-04")
def test_the_letter_is_made_once_and_names_both_parties(cast, visit, signed):
    from pypdf import PdfReader

    found = terminate(signed, reason="长" * 200)
    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    browser = visit(account(cast.student))
    assert browser.get(f"/terminations/{found.id}.pdf").status_code == 404
    TERMINATIONS.perform("approve", found.id, actor(cast.officer))
    assert browser.get(f"/terminations/{found.id}.pdf").status_code == 202
    make_letter(found.id)
    make_letter(found.id)
    answer = browser.get(f"/terminations/{found.id}.pdf")
    assert answer.mimetype == "application/pdf"
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    for expected in (
        "解除就业协议告知函",
        "黄河水",
        "星光集团有限公司",
        signed.agreement_no,
        "双方协商一致",
    ):
        assert expected in words
    code = re.search(r"核验码\s*([0-9A-Z]{4}[- ][0-9A-Z]{4}[- ][0-9A-Z]{4})", words).group(1)
    page = (
        visit(cast.officer)
        .get(f"/v/{code.replace(' ', '').replace('-', '')}")
        .get_data(as_text=True)
    )
    assert "已解约" in page
