"""The security log, its page for administrators, and «my sign-ins and devices» (S-13)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts import (
    living_sessions,
    log_queries,
    own_sessions,
    passwords,
    queries,
    security_log,
)
from app.accounts.agents import in_words
from app.accounts.log_models import SecurityEvent
from app.accounts.log_words import EVENTS
from app.accounts.models import AccountSession
from app.core import clock
from app.core.db import db
from app.core.mail import Message
from tests import factories as make
from tests.stores import otherwise

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.fixture
def log(session):
    """Lines written since the test began, oldest first: (event, outcome)."""
    start = db.session.query(db.func.coalesce(db.func.max(SecurityEvent.id), 0)).scalar()

    def lines(event=None):
        rows = (
            db.session.query(SecurityEvent)
            .filter(SecurityEvent.id > start)
            .order_by(SecurityEvent.id)
        )
        return [row for row in rows if event in (None, row.event)]

    return lines


@pytest.fixture
def student(cast):
    user = make.account(cast.student)
    user.password = passwords.hashed(make.PASSWORD)
    db.session.commit()
    return user


def pass_days(n: int) -> None:
    shifted = db.session.execute(text("SELECT seconds FROM clock_shift")).scalar()
    clock.shift(timedelta(days=n, seconds=shifted))


def enter(client, user, password=make.PASSWORD, **how):
    return client.post("/login/", data={"who": user.username, "password": password}, **how)


def seen(rows):
    return [(row.event, row.outcome) for row in rows]


# -- what is written ---------------------------------------------------------------------------------


@pytest.mark.rule("ACC-09", "ADM-07")
def test_signing_in_failing_and_signing_out_leave_a_line_each_with_address_and_device(
    client, student, log
):
    enter(client, student, "wrong-password-1", headers={"User-Agent": CHROME})
    enter(client, student, headers={"User-Agent": CHROME})
    client.post("/logout", headers={"User-Agent": CHROME})
    assert seen(log()) == [("sign_in", "failed"), ("sign_in", "done"), ("sign_out", "done")]
    for row in log():
        assert (row.user_id, row.address, row.device) == (student.id, "127.0.0.1", CHROME)
        assert re.fullmatch(r"[0-9a-f]{32}", row.device_id)
    assert log()[1].details == {"way": "password"}


@pytest.mark.rule("ACC-09")
def test_a_locked_account_is_denied_in_the_log(client, student, log):
    for _try in range(6):
        enter(client, student, "wrong-password-1")
    assert seen(log())[-1] == ("sign_in", "denied")


def test_an_unknown_account_leaves_a_line_without_what_was_typed(client, log):
    client.post("/login/", data={"who": "110101200401010839", "password": "whatever-1"})
    [row] = log("sign_in")
    assert (row.outcome, row.user_id) == ("failed", None)
    assert "110101200401010839" not in str(row.details) + row.actor_name


def test_a_forgotten_password_is_logged_from_asking_to_the_new_one(app, client, student, log):
    client.post("/password/forgotten", data={"who": student.username})
    make.worker_answers_resets()
    make.sent()
    code = (
        db.session.query(Message)
        .filter(Message.key.like("code:%"))
        .order_by(Message.id.desc())
        .first()
        .code
    )
    wrong = "000000" if code != "000000" else "111111"
    new = {"password": "Another-horse-9", "again": "Another-horse-9"}
    client.post("/password/reset", data={"code": wrong, **new})
    client.post("/password/reset", data={"code": code, **new})
    assert seen(log()) == [
        ("reset_asked", "done"),
        ("code_sent", "done"),
        ("code_wrong", "failed"),
        ("reset", "failed"),
        ("reset", "done"),
    ]
    assert all(code not in str(row.details) for row in log())
    assert {row.user_id for row in log()} == {student.id}


def test_a_forgotten_password_of_nobody_is_logged_too(client, session, log):
    client.post("/password/forgotten", data={"who": "nobody-at-all"})
    assert seen(log()) == [("reset_asked", "done")]
    assert log()[0].user_id is None


@pytest.mark.rule("ACC-09")
def test_a_changed_password_and_a_wrong_old_one_are_logged(app, student, visit, log):
    browser = visit(student)
    form = {"password": "Another-horse-9", "again": "Another-horse-9"}
    browser.post("/password/change", data={"old": "not-the-old-1", **form})
    browser.post("/password/change", data={"old": make.PASSWORD, **form})
    assert seen(log("password")) == [("password", "failed"), ("password", "done")]


@pytest.mark.rule("ADM-07", "ACC-02")
def test_asking_for_what_is_not_ones_own_is_logged_once_at_the_place_of_the_answer(
    cast, visit, log
):
    far = make.accept(make.invite(cast.rival, cast.stranger)[0])
    browser = visit(cast.officer)
    assert browser.get(f"/desk/show/{far.id}").status_code == 404
    assert browser.get("/accounts/list/").status_code == 403
    assert browser.get("/nowhere/at/all").status_code == 404
    rows = log("denied")
    assert [(row.details["status"], row.details["place"]) for row in rows] == [
        (404, "DeskView.show"),
        (403, "AccountsView.list"),
    ]
    assert {row.actor_id for row in rows} == {cast.officer.id}


def test_what_a_denied_request_had_begun_is_not_written_with_its_line(app, cast, session):
    from flask import g

    with app.test_request_context("/desk/show/1"):
        user = cast.officer
        g.user = user
        user.last_name = "改过的名字"
        security_log.denied(404)
        db.session.expire_all()
        assert db.session.get(type(user), user.id).last_name == "王老师"


@pytest.mark.rule("ADM-07")
def test_a_flood_of_failures_writes_six_lines_a_minute_and_says_that_there_was_more(
    app, cast, session, log
):
    user = make.account(cast.student)
    with app.test_request_context(environ_base={"REMOTE_ADDR": "10.1.1.1"}):
        with clock.held(clock.now()):
            for _n in range(40):
                security_log.note("sign_in", user=user, outcome=security_log.FAILED)
                security_log.note("sign_in", outcome=security_log.FAILED)
        db.session.commit()
    mine = [row for row in log() if row.user_id == user.id]
    strangers = [row for row in log() if row.user_id is None]
    assert len(mine) == len(strangers) == 6
    assert mine[-1].details == {"more": True}


def test_a_flood_from_ever_new_addresses_is_bounded_as_well(app, session, log):
    with clock.held(clock.now()):
        for n in range(security_log.ALL.most + 40):
            with app.test_request_context(
                environ_base={"REMOTE_ADDR": f"10.{n // 200}.{n % 200}.7"}
            ):
                security_log.note("sign_in", outcome=security_log.FAILED)
    db.session.commit()
    assert len(log()) == security_log.ALL.most


@pytest.mark.rule("RPT-05", "ADM-07")
def test_an_export_with_clear_numbers_is_a_line_with_its_purpose(cast, visit, log):
    browser = visit(cast.officer)
    form = {
        "list": "StudentsView",
        "query": "",
        "columns": "shown",
        "format": "csv",
        "uid": "a" * 32,
    }
    browser.post("/exports/", data={**form, "clear": "y", "purpose": "上报省厅"})
    browser.get(f"/exports/file/{'a' * 32}/fetch")
    assert [row.event for row in log()] == ["export", "export_fetched"]
    [row] = log("export")
    assert row.details["clear"] is True
    assert row.details["purpose"] == "上报省厅"
    assert row.actor_id == cast.officer.id


@pytest.mark.rule("ADM-07")
def test_a_changed_setting_is_a_line_with_who_what_and_its_value(cast, session, log):
    from app.settings.queries import set_setting

    set_setting(cast.school.id, "cooling_off_hours", 2, cast.officer.id)
    db.session.commit()
    [row] = log("setting")
    assert (row.actor_id, row.school_id) == (cast.officer.id, cast.school.id)
    assert row.details["key"] == "cooling_off_hours"
    assert row.details["value"] == 2


@pytest.mark.rule("ADM-07")
def test_an_administrators_act_on_an_account_is_a_line_about_that_account(cast, session, log):
    from app.accounts.workflow import switch

    switch(cast.data, False, queries.actor_of(cast.admin))
    [row] = log("account_deactivate")
    assert (row.user_id, row.actor_id) == (cast.data.id, cast.admin.id)


@pytest.mark.rule("ADM-07")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE security_event SET address = 'x'",
        "DELETE FROM security_event",
        "TRUNCATE security_event",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_line(session, app, statement):
    security_log.note("sign_in")
    db.session.commit()
    with pytest.raises(DBAPIError, match="never changed"):
        db.session.execute(text(statement))
    db.session.rollback()


# -- the administrator's page ------------------------------------------------------------------------------


@pytest.mark.rule("ADM-07")
def test_the_administrator_searches_by_name_address_event_outcome_and_days(
    app, cast, visit, session
):
    user = make.account(cast.student)
    with app.test_request_context(
        environ_base={"REMOTE_ADDR": "10.9.8.7"}, headers={"User-Agent": CHROME}
    ):
        security_log.note("sign_in", user=user, who=queries.actor_of(user), way="password")
        security_log.note("code_wrong", user=user, outcome=security_log.FAILED)
    db.session.commit()
    admin = visit(cast.audit)

    def found(**args):
        page = admin.get("/security-log/list/", query_string=args)
        assert page.status_code == 200
        return page.text.partition("<tbody")[2]  # above it stands what was typed

    page = found(q="黄河水")
    assert "Chrome · Windows" in page
    assert "10.9.8.7" in page
    assert "10.9.8.7" in found(q="10.9.8.7")
    assert "10.9.8.7" not in found(q="王老师")
    assert found(q=user.username, f_event="code_wrong").count("10.9.8.7") == 1
    assert found(q=user.username, f_outcome="failed").count("10.9.8.7") == 1
    assert "10.9.8.7" in found(f_days="1", q="10.9.8.7")
    pass_days(40)
    admin = visit(cast.audit)
    assert "10.9.8.7" not in found(f_days="7", q="10.9.8.7")


@pytest.mark.rule("ADM-07", "ACC-02")
@pytest.mark.parametrize(
    "role", ["officer", "college_officer", "province", "data", "student", "employer"]
)
def test_nobody_but_the_administrator_reads_the_log(cast, visit, role):
    person = getattr(cast, role)
    user = make.account(person) if role in ("student", "employer") else person
    assert visit(user).get("/security-log/list/").status_code == 403
    assert visit(user).get("/audit/").status_code == 403
    assert db.session.scalars(log_queries.events_for(queries.actor_of(user))).all() == []


@pytest.mark.rule("ADM-07")
def test_a_line_has_a_page_with_its_details_in_words(app, cast, visit, session):
    security_log.note(
        "export", who=queries.actor_of(cast.officer), clear=True, purpose="上报", rows=12
    )
    db.session.commit()
    row = db.session.query(SecurityEvent).order_by(SecurityEvent.id.desc()).first()
    page = visit(cast.audit).get(f"/security-log/show/{row.id}").get_data(as_text=True)
    assert "含完整号码" in page
    assert "上报" in page
    assert "申请导出" in page


@pytest.mark.rule("ADM-07")
def test_the_log_goes_out_through_the_exports_of_the_house_and_that_is_a_line_too(
    app, cast, visit, session, log
):
    security_log.note("sign_in", user=cast.officer, who=queries.actor_of(cast.officer))
    db.session.commit()
    browser = visit(cast.audit)
    assert "list=SecurityLogView" in browser.get("/security-log/list/").text
    form = {
        "list": "SecurityLogView",
        "query": "",
        "columns": "shown",
        "format": "csv",
        "uid": "b" * 32,
    }
    browser.post("/exports/", data=form)
    lines = browser.get(f"/exports/file/{'b' * 32}/fetch").data.decode("utf-8-sig")
    assert lines.startswith("事件,时间,结果,所涉账号,操作人,")
    assert re.search(r"登录,20\d\d-[-: \d]+,成功,王老师,本人", lines)
    assert log("export")[0].details["title"] == "安全日志"


@pytest.mark.rule("ADM-07")
def test_the_log_has_no_way_to_write(app):
    methods = {
        rule.endpoint: rule.methods
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("SecurityLogView")
    }
    assert set(methods) == {
        f"SecurityLogView.{name}" for name in ("list", "show", "search", "pick_columns")
    }


@pytest.mark.rule("AGR-12")
def test_a_page_of_the_log_asks_few_questions_however_many_lines_there_are(
    app, cast, visit, session, query_count
):
    user = make.account(cast.student)
    for _n in range(60):
        security_log.note("sign_in", user=user, who=queries.actor_of(user))
    db.session.commit()
    admin = visit(cast.audit)
    admin.get("/security-log/list/")
    with query_count() as asked:
        assert admin.get("/security-log/list/").status_code == 200
    assert asked.n <= 8


# -- my sign-ins and devices ---------------------------------------------------------------------------------


def handles(page: str) -> list[str]:
    return re.findall(r"/my/sign-ins/([0-9a-f]{32})/end", page)


@pytest.mark.rule("ACC-09")
def test_everybody_sees_the_own_devices_and_signs_one_out_at_once(student, visit, log):
    here, there = visit(student), visit(student)
    page = here.get("/my/sign-ins/").get_data(as_text=True)
    [other] = handles(page)
    assert "本机" in page
    assert here.post(f"/my/sign-ins/{other}/end").status_code == 303
    assert there.get("/my/sign-ins/").status_code == 302
    assert here.get("/my/sign-ins/").status_code == 200
    assert seen(log("session_ended")) == [("session_ended", "done")]
    here.post(f"/my/sign-ins/{other}/end")
    assert len(log("session_ended")) == 1


@pytest.mark.rule("ACC-09")
def test_one_signs_out_everywhere_else_and_stays_here(student, visit, log):
    here, others = visit(student), [visit(student) for _n in range(3)]
    here.post("/my/sign-ins/end-others")
    assert [b.get("/my/sign-ins/").status_code for b in others] == [302, 302, 302]
    assert here.get("/my/sign-ins/").status_code == 200
    assert [row.details for row in log("sign_out_elsewhere")] == [{"count": 3}]


@pytest.mark.rule("ACC-02", "ACC-09")
def test_nobody_ends_another_persons_session(cast, student, visit):
    visit(student)
    [row] = own_sessions.sessions_of(student.id)
    for user in (make.account(cast.classmate), cast.officer, cast.admin):
        visit(user).post(f"/my/sign-ins/{own_sessions.handle(row)}/end")
    assert [s.token for s in own_sessions.sessions_of(student.id)] == [row.token]
    assert db.session.get(AccountSession, row.token) is not None


@pytest.mark.rule("ACC-09")
def test_the_own_session_is_ended_by_signing_out_only(student, visit):
    browser = visit(student)
    [row] = own_sessions.sessions_of(student.id)
    assert browser.post(f"/my/sign-ins/{own_sessions.handle(row)}/end").status_code == 409
    assert browser.post("/my/sign-ins/x%00y/end").status_code in (303, 400, 404)
    assert len(own_sessions.sessions_of(student.id)) == 1


@pytest.mark.rule("ACC-09")
def test_what_the_page_names_a_session_by_opens_nothing(student, visit):
    visit(student)
    [row] = own_sessions.sessions_of(student.id)
    assert own_sessions.handle(row) not in row.token.hex()
    assert living_sessions.session_user(own_sessions.handle(row)) is None
    assert living_sessions.session_user(row.token.hex()) is None


@pytest.mark.rule("ACC-09")
def test_the_last_ninety_days_of_the_own_account_stand_there_and_nothing_of_others(
    app, cast, student, visit
):
    with app.test_request_context(environ_base={"REMOTE_ADDR": "10.3.3.3"}):
        security_log.note("phone_changed", user=student, who=queries.actor_of(cast.officer))
        security_log.note("sign_in", user=student, outcome=security_log.FAILED)
        security_log.note("denied", user=student, outcome=security_log.DENIED)
        security_log.note("sign_in", user=make.account(cast.classmate), way="totp")
    db.session.commit()
    page = visit(student).get("/my/sign-ins/").get_data(as_text=True)
    assert "变更手机号" in page
    assert "操作人：王老师" in page
    assert "失败" in page
    assert "验证器应用" not in page
    assert "访问无权查看的内容" not in page
    pass_days(91)
    assert "变更手机号" not in visit(student).get("/my/sign-ins/").get_data(as_text=True)


@pytest.mark.rule("ACC-09")
@pytest.mark.parametrize(
    "role",
    ["student", "employer", "officer", "college_officer", "province", "data", "admin", "security"],
)
def test_every_role_finds_the_page_in_its_menu(cast, visit, role):
    person = getattr(cast, role)
    user = make.account(person) if role in ("student", "employer") else person
    browser = visit(user)
    page = browser.get("/my/sign-ins/")
    assert page.status_code == 200
    assert 'href="/my/sign-ins/"' in browser.get("/notices/").get_data(as_text=True)


def test_older_entries_are_a_page_further(student, visit):
    for _n in range(70):
        security_log.note("sign_in", user=student, way="password")
    db.session.commit()
    browser = visit(student)
    first = browser.get("/my/sign-ins/").get_data(as_text=True)
    url = re.search(r'href="(/my/sign-ins/\?before=\d+)#past"', first)[1]
    second = browser.get(url).get_data(as_text=True)
    assert second.count('class="qq-line-when"') == 20 + first.count('class="qq-line-when"') - 50
    assert browser.get("/my/sign-ins/?before=x").status_code == 200
    assert browser.get("/my/sign-ins/?before=99999999999999999999").status_code == 200


def test_a_link_of_another_package_says_what_to_do_about_a_stranger(student, visit):
    links = (lambda user: ("冻结我的账号", "/not-me/1"), lambda user: None)
    with otherwise(not_me=links):
        page = visit(student).get("/my/sign-ins/").get_data(as_text=True)
    assert 'href="/not-me/1"' in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604",
            "Safari · iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; V2183A) AppleWebKit/537 Chrome/116 MicroMessenger/8.0.42",
            "微信 · Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605 Chrome/120 Safari/537 Edg/120.0",
            "Edge · macOS",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "Firefox · Linux",
        ),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537 Chrome/114 ArkWeb/4.1 HuaweiBrowser/5",
            "华为浏览器 · HarmonyOS",
        ),
        ("\x1b[31m weird", "未知设备"),
        ("", "未知设备"),
    ],
)
def test_a_browser_is_named_in_a_few_words(app, agent, words):
    with app.test_request_context():
        assert in_words(agent) == words


def test_every_event_of_the_code_has_its_words(app):
    """Whatever the code notes is in the table: nobody reads a bare name."""
    from pathlib import Path

    source = "\n".join(p.read_text(encoding="utf-8") for p in Path(app.root_path).rglob("*.py"))
    noted = set(re.findall(r"security_log\.note\(\s*\"([a-z_]+)\"", source))
    assert noted
    assert noted <= set(EVENTS)
