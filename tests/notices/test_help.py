"""The questions of the manuals are answered on the page where they arise."""

from __future__ import annotations

import pytest

from app.signing.invitations.tasks import expire_overdue
from tests import factories as make
from tests.signing.desk.desk import text


@pytest.mark.rule("NTF-04")
def test_who_cannot_sign_in_or_gets_no_code_reads_why_there(client, cast, visit):
    page = text(client.get("/login/"))
    assert "登录不了" in page
    assert "定向" in page
    assert "收不到" in page or "没有收到" in page
    newcomer = make.make_student(cast.college, "新同学", verified_at=None)
    page = text(visit(make.account(newcomer)).get("/my/verify/"))
    assert "收不到验证码" in page
    assert "省中心" in page


@pytest.mark.rule("NTF-04", "INV-19")
def test_a_letter_without_buttons_says_why(cast, visit):
    [mine] = make.invite(cast.employer, cast.student)
    make.accept(make.invite(cast.rival, cast.student)[0])
    browser = visit(make.account(cast.student))
    assert "与" + cast.rival.name in text(
        browser.get(f"/my/invitations/{mine.id}")
    )  # greyed, with the reason
    make.pass_time(days=20)
    expire_overdue()
    browser = visit(make.account(cast.student))
    assert "为什么没有应约按钮" in text(browser.get(f"/my/invitations/{mine.id}"))


@pytest.mark.rule("NTF-04")
def test_an_employer_that_finds_nobody_reads_what_to_compare(cast, visit):
    page = text(visit(make.account(cast.employer)).get("/employer/candidates/"))
    assert "搜索不到学生" in page
    assert "限制签约" in page


@pytest.mark.rule("NTF-04")
@pytest.mark.parametrize("who", ["student", "employer"])
def test_who_finds_the_signed_agreement_wrong_reads_what_to_do(cast, visit, who):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.attest(placement, cast.officer)
    page = (
        f"/my/signings/{placement.id}" if who == "student" else f"/employer/signings/{placement.id}"
    )
    browser = visit(make.account(getattr(cast, who)))
    found = text(browser.get(page, follow_redirects=True))
    assert "内容有误怎么办" in found
    assert "解约" in found
