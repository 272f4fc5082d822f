"""The sign-in page, the office's page of ways, the person's own page, the first sign-in by campus."""

from __future__ import annotations

import pytest

from app.accounts.campus.models import CampusIdentity, SignInWay
from app.accounts.log_models import SecurityEvent
from app.core.db import db
from app.core.mail import Message
from app.people.students.models import Student
from app.workflow import trail
from tests import factories as make
from tests.accounts.campus.test_oidc import come_back, go, signed_in, who


@pytest.fixture
def way(cast, issuer, make_way):
    return make_way(cast.school, "oidc", issuer.url, client_id="qingqian")


@pytest.mark.rule("ACC-11", "CHN-08")
def test_the_sign_in_page_shows_the_ways_of_the_chosen_school_and_remembers_it(
    cast, way, make_way, client
):
    cas = make_way(cast.school, "cas", "http://127.0.0.1:1/cas", label_zh="门户登录")
    off = make_way(cast.school, "cas", "http://127.0.0.1:2/cas", label_zh="停用的", active=False)
    assert f"/campus/{way.id}/begin" not in client.get("/login/").text
    page = client.get(f"/login/?school={cast.school.code}").text
    for shown in (way, cas):
        assert f"/campus/{shown.id}/begin" in page
    assert f"/campus/{off.id}/" not in page
    assert 'name="password"' in page
    assert f"/campus/{way.id}/begin" in client.get("/login/").text, "remembered"
    assert f"/campus/{way.id}/begin" not in client.get("/login/?school=10998").text
    assert client.get("/login/?school=../../x").status_code == 200


@pytest.mark.rule("CHN-08")
def test_a_way_that_is_off_or_unknown_is_not_there(way, client):
    way.active = False
    db.session.commit()
    for path in ("begin", "back", "enter"):
        assert client.get(f"/campus/{way.id}/{path}").status_code == 404
        assert client.get(f"/campus/99999999/{path}").status_code == 404
    for path in ("back", "signed-out"):
        assert client.post(f"/campus/99999999/{path}").status_code == 404


@pytest.mark.rule("ACC-04", "CHN-08")
def test_a_first_sign_in_by_campus_asks_how_to_reach_the_student_and_no_code(
    cast, way, issuer, client
):
    student = make.make_student(cast.college, "新同学", student_no="N1", verified_at=None)
    student.phone = None
    db.session.commit()
    signed_in(client, way, issuer, "new", "N1")
    assert client.get("/my/").location == "/my/verify/"
    facts = {"email": "new@example.com", "address": "武汉市洪山区1号"}
    assert client.post("/my/verify/", data=facts | {"code": "123456"}).status_code == 422
    assert client.post("/my/verify/", data=facts | {"email": ""}).status_code == 422
    assert client.post("/my/verify/", data=facts).location == "/"
    assert db.session.get(Student, student.id).verified_at is not None
    logged = db.session.query(SecurityEvent).filter_by(event="first_sign_in").one()
    assert logged.details["proof"] == "campus"


@pytest.mark.rule("ACC-04")
def test_who_came_by_password_still_needs_the_code(cast, visit):
    student = make.make_student(cast.college, "新同学", student_no="N2", verified_at=None)
    db.session.commit()
    browser = visit(make.account(student))
    facts = {"email": "new@example.com", "address": "武汉市洪山区1号"}
    assert browser.post("/my/verify/", data=facts).status_code == 422
    assert db.session.get(Student, student.id).verified_at is None


# -- the office ------------------------------------------------------------------------------


def facts(cast, **more):
    return {
        "school_id": cast.school.id,
        "kind": "oidc",
        "label_zh": "统一身份认证",
        "label_en": "Campus",
        "who": "both",
        "server": "http://127.0.0.1:9",
        "client_id": "qingqian",
        "secret": "s3cret",
        "claim": "student_no",
    } | more


@pytest.mark.rule("ACC-11", "CHN-08", "ADM-07")
def test_the_administrator_sets_up_and_tests_and_the_school_switches_on(cast, visit, issuer):
    admin, office = visit(cast.admin), visit(cast.officer)
    assert admin.post("/sign-in-ways/add", data=facts(cast, server=issuer.url)).status_code == 303
    way = db.session.query(SignInWay).one()
    key = way.id
    assert (way.active, way.tested_at, way.secret) == (False, None, "s3cret")
    assert b"s3cret" not in bytes(way.secret_sealed)
    office.post(f"/sign-in-ways/action/switch_on/{key}")
    assert not db.session.get(SignInWay, key, populate_existing=True).active, "not tested yet"
    admin.post(f"/sign-in-ways/action/try_out/{key}")
    assert db.session.get(SignInWay, key, populate_existing=True).tested_at is not None
    assert admin.post(f"/sign-in-ways/action/switch_on/{key}").status_code in (403, 404)
    assert (
        visit(cast.other_officer).post(f"/sign-in-ways/action/switch_on/{key}").status_code == 404
    )
    office.post(f"/sign-in-ways/action/switch_on/{key}")
    assert db.session.get(SignInWay, key, populate_existing=True).active
    assert [t.step for t in trail.of("sign_in_way", key)] == [
        "keep_way",
        "try_way",
        "switch_on_way",
    ]
    logged = {row.event for row in db.session.query(SecurityEvent)}
    assert {"keep_way", "try_way", "switch_on_way"} <= logged
    assert db.session.query(Message).filter_by(user_id=cast.officer.id).count() == 2
    for page in (admin.get(f"/sign-in-ways/show/{key}"), admin.get(f"/sign-in-ways/edit/{key}")):
        assert page.status_code == 200
        assert "s3cret" not in page.text


@pytest.mark.rule("CHN-08")
def test_a_changed_service_is_off_until_it_is_tested_and_switched_on_anew(
    cast, visit, way, issuer, client
):
    signed_in(client, way, issuer)
    key, admin = way.id, visit(cast.admin)
    same = facts(cast, server=issuer.url, label_zh="新名称", secret="")
    admin.post(f"/sign-in-ways/edit/{key}", data=same)
    kept = db.session.get(SignInWay, key, populate_existing=True)
    assert (kept.label_zh, kept.active, kept.secret) == ("新名称", True, "s3cret")
    admin.post(f"/sign-in-ways/edit/{key}", data=same | {"client_id": "another"})
    kept = db.session.get(SignInWay, key, populate_existing=True)
    assert (kept.active, kept.tested_at) == (False, None)
    assert client.get("/my/").status_code == 302, "who came by it is signed out"


@pytest.mark.rule("CHN-08")
def test_a_test_says_in_a_sentence_what_fails(cast, visit, issuer):
    admin = visit(cast.admin)
    issuer.metadata = lambda m: m | {"issuer": "https://other.example"}
    admin.post("/sign-in-ways/add", data=facts(cast, server=issuer.url))
    key = db.session.query(SignInWay).one().id
    page = admin.post(f"/sign-in-ways/action/try_out/{key}", follow_redirects=True).text
    assert "https://other.example" in page
    assert db.session.get(SignInWay, key, populate_existing=True).tested_at is None


BAD = [
    {"server": "http://sso.example.edu.cn"},
    {"server": "javascript:alert(1)"},
    {"server": "https://u:p@x.cn"},
    {"server": "https://a.cn https://b.cn"},
    {"server": ""},
    {"claim": "email"},
    {"claim": "name"},
    {"claim": "a b"},
    {"client_id": ""},
    {"kind": "saml"},
    {"who": "employers"},
    {"school_id": 0},
    {"hosts": "http://x"},
    {"kind": "ldap", "server": "https://x.cn"},
    {"kind": "ldap", "server": "ldaps://x.cn"},
    {"kind": "ldap", "server": "ldaps://x.cn", "dn_template": "uid=x"},
    {"server": "https://[::1"},
    {"kind": "ldap", "server": "ldaps://x.cn", "dn_template": "uid={name},{0}"},
]


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize("wrong", BAD, ids=str)
def test_facts_that_cannot_be_right_are_refused_beside_their_field(wrong, cast, visit):
    answer = visit(cast.admin).post("/sign-in-ways/add", data=facts(cast, **wrong))
    assert answer.status_code == 422
    assert not db.session.query(SignInWay).count()


@pytest.mark.rule("ACC-02", "CHN-08")
def test_a_school_sees_its_own_ways_only_and_edits_none(cast, visit, way):
    assert way.label_zh in visit(cast.officer).get("/sign-in-ways/list/").text
    assert way.label_zh not in visit(cast.other_officer).get("/sign-in-ways/list/").text
    assert visit(cast.other_officer).get(f"/sign-in-ways/show/{way.id}").status_code == 404
    assert visit(cast.officer).get(f"/sign-in-ways/edit/{way.id}").status_code == 403
    for other in (cast.college_officer, cast.province, cast.data):
        assert visit(other).get("/sign-in-ways/list/").status_code == 403


@pytest.mark.rule("CHN-08")
def test_switching_off_signs_out_who_came_by_it(cast, visit, way, issuer, client):
    signed_in(client, way, issuer)
    visit(cast.officer).post(f"/sign-in-ways/action/switch_off/{way.id}")
    assert client.get("/my/").status_code == 302


@pytest.mark.rule("CHN-08")
def test_an_administrator_unlinks_with_a_reason_and_sees_no_way_to_link(
    cast, visit, way, issuer, client
):
    signed_in(client, way, issuer)
    admin, key = visit(cast.admin), db.session.query(CampusIdentity).one().id
    assert admin.get("/campus-identities/list/").status_code == 200
    url = f"/campus-identities/action/unlink/{key}"
    assert admin.post(url).status_code == 422
    assert admin.post(url, data={"reason": "本人申请"}).status_code == 303
    assert db.session.get(CampusIdentity, key, populate_existing=True).ended_at is not None
    assert client.get("/my/").status_code == 302


# -- the person ------------------------------------------------------------------------------


@pytest.mark.rule("CHN-08")
def test_staff_links_and_unlinks_with_a_fresh_code(cast, visit, way, issuer):
    office = visit(cast.officer)
    link = f"/my/campus/link/{way.id}"
    assert office.get("/my/campus/").status_code == 200
    assert office.post(link, data={"code": ""}).status_code == 422
    assert office.post(link, data={"code": "000000"}).status_code == 422
    code = make.code_for(office, "/my/campus/code")
    page = office.post(link, data={"code": code})
    assert page.status_code == 200, "a page leads on: browsers let no form lead to another host"
    import html
    import re

    location = html.unescape(re.search(r'href="(http://127[^"]+)"', page.text)[1])
    assert "prompt=login" in location
    issuer.userinfo = {"sub": "t1"}  # a member of staff needs no number
    assert come_back(office, issuer.login(location, "t1")).location == "/my/campus/"
    bound = db.session.query(CampusIdentity).one()
    assert bound.user_id == cast.officer.id
    make.pass_time(minutes=2)
    assert office.post(f"/my/campus/release/{bound.id}", data={"code": code}).status_code == 422
    code = make.code_for(office, "/my/campus/code")
    assert (
        visit(cast.admin).post(f"/my/campus/release/{bound.id}", data={"code": code}).status_code
        == 404
    )
    assert office.post(f"/my/campus/release/{bound.id}", data={"code": code}).status_code == 303
    assert db.session.get(CampusIdentity, bound.id, populate_existing=True).ended_at is not None


@pytest.mark.rule("ACC-10", "CHN-08")
def test_a_student_accepts_after_confirming_by_campus(cast, way, issuer, client):
    signed_in(client, way, issuer)
    letter = make.invite(cast.employer, cast.student)[0]
    make.pass_time(minutes=75)
    signed_in(client, way, issuer)
    page = client.get(f"/my/invitations/{letter.id}").text
    assert f"/acts/invitation/{letter.id}/accept/code?campus=1" in page
    begin = client.get(f"/acts/invitation/{letter.id}/accept/campus")
    assert "max_age=0" in begin.location
    assert "prompt=login" in begin.location
    back = come_back(client, issuer.login(begin.location, "sub-1", student_no="A1"))
    assert back.status_code == 303
    page = client.get(f"/my/invitations/{letter.id}").text
    assert f"/acts/invitation/{letter.id}/accept/code" not in page, "no code is asked for now"
    client.post(f"/my/answer/{letter.id}/accept", data={"agreed": "1"})
    row = trail.of("invitation", letter.id)[-1]
    assert (row.step, row.factor) == ("accept", "campus")


@pytest.mark.rule("ACC-10", "CHN-08")
def test_an_issuer_that_does_not_ask_anew_proves_no_act(cast, way, issuer, client):
    signed_in(client, way, issuer)
    letter = make.invite(cast.employer, cast.student)[0]
    make.pass_time(minutes=75)
    signed_in(client, way, issuer)
    for claims in ({"auth_time": 1_700_000_000}, {"auth_time": True}, {"auth_time": None}):
        begin = client.get(f"/acts/invitation/{letter.id}/accept/campus")
        come_back(client, issuer.login(begin.location, "sub-1", student_no="A1", **claims))
        page = client.get(f"/my/invitations/{letter.id}").text
        assert f"/acts/invitation/{letter.id}/accept/code" in page


@pytest.mark.rule("ACC-10", "ACC-02")
def test_nobody_else_asks_for_the_proof_of_a_students_act(cast, way, issuer, client, visit):
    letter = make.invite(cast.employer, cast.student)[0]
    make.pass_time(hours=2)
    url = f"/acts/invitation/{letter.id}/accept/campus"
    assert visit(make.account(cast.classmate)).get(url).status_code == 404
    for other in (cast.officer, cast.college_officer, cast.admin, make.account(cast.employer)):
        assert visit(other).get(url).status_code == 403
    assert client.get(url).status_code == 302


@pytest.mark.rule("CHN-08")
def test_a_sign_in_gets_a_fresh_cookie_and_the_old_session_ends(cast, way, issuer, client):
    with client.session_transaction() as cookie:
        cookie["secret"] = "planted"
    url = issuer.login(go(client, way), "sub-1", student_no="A1")
    come_back(client, url)
    with client.session_transaction() as cookie:
        assert cookie["secret"] != "planted"
        assert "campus" not in cookie
    assert who(client) == make.account(cast.student).id
