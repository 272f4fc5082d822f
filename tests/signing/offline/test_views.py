"""The employer's link without an account, and its own pages with one."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.core.text import mask_all_but_end
from app.notices.models import Notice
from app.signing.offline import evidence
from app.signing.offline.links import make_link
from app.workflow.actor import Role
from tests import factories as make
from tests.signing.offline.paper import approved, generated, photo


@pytest.fixture
def paper(cast):
    return approved(cast.student, cast.officer)


@pytest.fixture
def url(cast, paper):
    return f"/stamped/{make_link(paper.id, make.actor(cast.student))}"


def scans(placement):
    return evidence.scans(placement, make.actor(placement.student))


@pytest.mark.rule("ACC-10", "OFF-04")
def test_the_link_shows_masked_facts_and_takes_the_sheet(cast, paper, url, client):
    page = client.get(url)
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert paper.employer_name in page.text
    for secret in (cast.student.name, paper.agreement_no, cast.student.id_number_masked, "6,000"):
        assert secret not in page.text
    answer = client.post(url, data={"files": [(photo(), "盖章.jpg"), (photo(), "二.jpg")]})
    assert answer.status_code == 303
    assert [s.by_link for s in scans(paper)] == [True, True]
    assert "盖章.jpg" in client.get(url).text
    told = Notice.query.filter_by(user_id=make.account(cast.student).id).all()
    assert any("上传了盖章协议书" in notice.subject for notice in told)


@pytest.mark.rule("ACC-10")
def test_a_wrong_or_withdrawn_link_shows_nothing(cast, paper, url, client, visit):
    visit(make.account(cast.student)).post(
        f"/my/offline/{paper.id}/link", data={"action": "withdraw"}
    )
    for address in (url, "/stamped/" + "a" * 32, "/stamped/" + "%00" * 20):
        answer = client.get(address)
        assert answer.status_code == 404
        assert paper.employer_name not in answer.text
        assert client.post(address, data={"files": (photo(), "a.jpg")}).status_code == 404
    assert scans(paper) == []


@pytest.mark.rule("ACC-10")
@pytest.mark.parametrize("role", [Role.SCHOOL, Role.COLLEGE, Role.PROVINCE, Role.DATA, Role.ADMIN])
def test_staff_cannot_use_it(cast, paper, url, visit, role):
    staff = visit(make.make_user(role, school_id=cast.school.id, college_id=cast.college.id))
    assert staff.get(url).status_code == 404
    assert staff.post(url, data={"files": (photo(), "a.jpg")}).status_code == 404
    assert scans(paper) == []


@pytest.mark.rule("ACC-10")
def test_guessing_is_limited(client):
    answers = {client.get("/stamped/" + "b" * 32).status_code for _n in range(130)}
    assert answers == {404, 429}


@pytest.mark.rule("OFF-04")
def test_the_student_makes_a_link_that_is_shown_once(cast, paper, visit):
    browser = visit(make.account(cast.student))
    page = f"/my/offline/{paper.id}"
    assert browser.post(f"{page}/link", data={"action": "make"}).status_code == 303
    assert "/stamped/" in browser.get(page).text
    assert "/stamped/" not in browser.get(page).text


@pytest.mark.rule("OFF-07", "ACC-02")
def test_an_employer_reads_what_was_entered_in_its_name(cast, visit):
    paper = generated(cast.student, employer_credit_code=cast.employer.credit_code)
    browser = visit(make.account(cast.employer))
    assert (
        browser.get(f"/employer/signings/{paper.id}")
        .headers["Location"]
        .endswith(f"/employer/offline/{paper.id}")
    )
    page = browser.get(f"/employer/offline/{paper.id}").text
    assert cast.student.name in page
    assert cast.student.id_number_masked not in page
    assert mask_all_but_end(cast.student.id_number_masked) in page
    assert "data-qq-action" not in page
    assert cast.student.name in browser.get("/employer/offline/").text
    other = visit(make.account(cast.rival))
    assert other.get(f"/employer/offline/{paper.id}").status_code == 404
    assert other.get(f"/employer/signings/{paper.id}").status_code == 404


@pytest.mark.rule("AGR-03", "OFF-05", "OFF-07")
def test_the_desk_shows_the_sheet_the_facts_and_that_the_employer_is_unknown(cast, paper, visit):
    from app.signing.offline.evidence import add_scan

    add_scan(paper.id, make.actor(cast.student), "第1页.jpg", photo())
    for who in (cast.officer, cast.college_officer):
        page = visit(who).get(f"/desk/show/{paper.id}").text
        assert "第1页.jpg" in page
        assert '<img src="/files/' in page
        assert "未在任何学校登记" in page
        assert "中北路88号" in page
        assert "线上签约无需" not in page
    reader = visit(cast.data).get(f"/desk/show/{paper.id}")
    assert reader.status_code == 200
    assert "/files/" not in reader.text


@pytest.mark.rule("OFF-04", "NTF-02")
def test_files_sent_one_by_one_are_told_once(cast, paper, url, client):
    for name in ("第1页.jpg", "第2页.jpg"):
        answer = client.post(
            url, data={"files": (photo(), name)}, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 201
        assert answer.json == {"html": f"<li>{name}</li>"}
    told = Notice.query.filter_by(user_id=make.account(cast.student).id).all()
    assert len([notice for notice in told if "上传了盖章协议书" in notice.subject]) == 1
    refused = client.post(
        url, data={"files": (BytesIO(b"MZ"), "a.jpg")}, headers={"Accept": "application/json"}
    )
    assert refused.status_code == 409
    assert refused.json["error"]
