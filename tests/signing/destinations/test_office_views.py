"""Administrators add a kind without program text; the desk reads what was filled in."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.plan.rows.models import PlanEntry
from app.settings.queries import set_setting
from app.signing.destinations.kind_models import (
    DestinationField,
    DestinationKind,
    DestinationProof,
    DestinationType,
)
from app.signing.destinations.queries import draft_of, kind_of, kinds_for
from app.signing.placements.models import Placement
from tests.factories import account, code_for, make_student
from tests.signing.destinations.ways import hidden, picture, registered, text, unsettled

HOME = "/my/destinations/"
NAMED = {
    "name_en": "",
    "hint": "",
    "hint_en": "",
    "sort": "90",
    "active": "y",
    "table": "",
    "plan_field": "",
}


def added(browser, url: str, **values) -> None:
    answer = browser.post(url, data={**NAMED, **values})
    assert answer.status_code == 303, text(answer)


def taken_into_use(admin, kind, **more) -> None:
    data = {
        "type_id": kind.type_id,
        "name": kind.name,
        "hint": kind.hint,
        "plan_code": kind.plan_code,
        "plan_code_legacy": kind.plan_code_legacy,
        "settles": "y",
        **more,
    }
    added(admin, f"/destination-kinds/edit/{kind.id}", **data)


@pytest.mark.rule("DST-06", "DST-01", "DST-02", "PLN-01")
def test_a_new_kind_with_two_fields_and_a_proof_needs_no_program_text(cast, visit):
    admin, phone, office = visit(cast.admin), visit(account(cast.student)), visit(cast.officer)
    added(admin, "/destination-types/add", code="YTQT", name="支教团", hint="研究生支教团。")
    kind_type = db.session.query(DestinationType).filter_by(code="YTQT").one()
    added(
        admin,
        "/destination-kinds/add",
        code="YZT",
        name="研究生支教",
        type_id=kind_type.id,
        plan_code="503",
        plan_code_legacy="50",
        settles="y",
        hint="先支教一年，再读研究生。",
    )
    kind = kind_of("YZT")
    fields = f"/destination-fields/add?kind={kind.id}"
    page = admin.get(fields).get_data(as_text=True)
    assert f'<option selected value="{kind.id}">' in page
    added(
        admin,
        fields,
        kind_id=kind.id,
        key="school",
        name="服务学校",
        type="name",
        required="y",
        length="60",
        plan_field="employer_name",
    )
    added(
        admin,
        fields,
        kind_id=kind.id,
        key="place",
        name="服务地",
        type="region",
        required="y",
        plan_field="location",
    )
    added(
        admin,
        f"/destination-proofs/add?kind={kind.id}",
        kind_id=kind.id,
        key="letter",
        name="支教协议",
        required="y",
        most="2",
    )
    shown = text(admin.get(f"/destination-kinds/show/{kind.id}"))
    assert all(word in shown for word in ("服务学校", "服务地", "支教协议", "503 西部计划"))

    assert "支教团 研究生支教团" not in text(
        phone.get(f"{HOME}new")
    )  # not in use from its first save
    taken_into_use(admin, kind)
    assert "支教团 研究生支教团" in text(phone.get(f"{HOME}new"))
    phone.post(f"{HOME}begin", data={"kind": "YZT"})
    data = {
        **hidden(phone.get(f"{HOME}draft")),
        "f_school": "恩施市民族中学",
        "f_place": "湖北省恩施土家族苗族自治州恩施市",
        "f_place_code": "422801",
        "then": "preview",
    }
    phone.post(f"{HOME}draft", data=data)
    phone.post(
        f"{HOME}draft/proofs/letter?draft={draft_of(cast.student.id).id}",
        data={"files": picture()},
        content_type="multipart/form-data",
    )
    assert phone.get(f"{HOME}preview").status_code == 200
    draft = draft_of(cast.student.id)
    url = phone.post(
        f"{HOME}submit?draft={draft.id}&version={draft.version}",
        data={"code": code_for(phone, f"/acts/placement/{draft.id}/submit/code")},
    ).location
    key = int(url.rpartition("/")[2])
    desk = office.get(f"/desk/show/{key}")
    assert "服务学校 恩施市民族中学" in text(desk)
    assert 'class="qq-paper"' in desk.get_data(as_text=True)
    office.post(f"/desk/action/attest/{key}", data={"action": "attest"})
    row = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert (row.destination_code, row.employer_name, row.location) == (
        "503",
        "恩施市民族中学",
        "422801",
    )


@pytest.mark.rule("DST-06")
@pytest.mark.parametrize(
    ("url", "values", "says"),
    [
        ("/destination-kinds/add", {"code": "a b", "name": "x"}, "字母、数字和下划线"),
        (
            "/destination-kinds/add",
            {"code": "N1", "name": "x", "from_year": "2030", "to_year": "2020"},
            "早于起始",
        ),
        ("/destination-kinds/add", {"code": "N1", "name": "名" * 41}, "40"),
        ("/destination-fields/add", {"key": "k", "name": "x", "type": "code"}, "请选择代码表"),
        (
            "/destination-fields/add",
            {"key": "k", "name": "x", "type": "text", "plan_field": "location"},
            "另一种填写内容",
        ),
        (
            "/destination-fields/add",
            {"key": "k", "name": "x", "type": "code", "table": "dwxz", "only_text": "10 77"},
            "代码表中没有代码 77",
        ),
        (
            "/destination-fields/add",
            {"key": "k", "name": "x", "type": "number", "low": "5", "high": "1"},
            "最大值小于",
        ),
        (
            "/destination-fields/add",
            {"key": "school", "name": "x", "type": "text", "table": "", "plan_field": ""},
            "",
        ),
        ("/destination-proofs/add", {"key": "k", "name": "x", "most": "0"}, "1"),
    ],
)
def test_a_wrong_definition_is_said_beside_its_field(cast, visit, url, values, says):
    kind = kind_of("SX_YJS")
    defaults = {
        "type_id": kind.type_id,
        "kind_id": kind.id,
        "plan_code": "10",
        "plan_code_legacy": "10",
        "most": "3",
    }
    before = db.session.query(DestinationField).count() + db.session.query(DestinationKind).count()
    answer = visit(cast.admin).post(url, data={**NAMED, **defaults, **values})
    assert answer.status_code == 422
    assert says in text(answer)
    after = db.session.query(DestinationField).count() + db.session.query(DestinationKind).count()
    assert before == after


def test_an_edited_definition_keeps_its_key_and_leads_back_to_its_kind(cast, visit):
    admin, kind = visit(cast.admin), kind_of("SX_YJS")
    field, proof = kind.fields[0], kind.proofs[0]
    answer = admin.post(
        f"/destination-fields/edit/{field.id}",
        data={
            **NAMED,
            "name": "录取院校",
            "type": "name",
            "length": "80",
            "key": "hacked",
            "kind_id": "1",
            "plan_field": "employer_name",
        },
    )
    assert answer.location == f"/destination-kinds/show/{kind.id}"
    admin.post(
        f"/destination-proofs/edit/{proof.id}", data={**NAMED, "name": "录取通知", "most": "1"}
    )
    db.session.expire_all()
    assert (field.key, field.name, field.required, field.kind_id) == (
        "school",
        "录取院校",
        False,
        kind.id,
    )
    assert (proof.name, proof.most, proof.required) == ("录取通知", 1, False)
    page = admin.get(f"/destination-kinds/edit/{kind.id}")
    assert page.status_code == 200
    admin.post(
        f"/destination-kinds/edit/{kind.id}",
        data={
            **NAMED,
            "name": "研究生",
            "type_id": kind.type_id,
            "plan_code": "801",
            "plan_code_legacy": "80",
            "settles": "y",
            "modes": ["1", "4"],
        },
    )
    db.session.expire_all()
    assert kind.modes == ["1", "4"]


@pytest.mark.rule("ACC-02")
def test_only_administrators_keep_the_tables(cast, visit):
    kind, proof = kind_of("SX_YJS"), db.session.query(DestinationProof).first()
    for user in (cast.officer, cast.data, account(cast.student), account(cast.employer)):
        browser = visit(user)
        for url in (
            "/destination-kinds/list/",
            f"/destination-kinds/edit/{kind.id}",
            f"/destination-proofs/edit/{proof.id}",
            "/destination-fields/add",
        ):
            assert browser.get(url).status_code in (302, 403, 404)
            assert browser.post(url, data=NAMED).status_code in (302, 403, 404, 405)
    assert (
        visit(cast.admin).get("/destination-fields/edit/999999999999999999999").status_code == 404
    )


@pytest.mark.rule("DST-02", "AGR-02", "AGR-03")
def test_the_desk_shows_fields_with_their_labels_and_no_agreement(cast, visit):
    office, placement = visit(cast.officer), registered(cast.student)
    other = unsettled(make_student(cast.college, "吴同学"), "DJY")
    listing = office.get("/desk/list/?f_kind=destination")
    assert "华中科技大学" in text(listing)
    assert "预览" not in text(listing)
    set_setting(cast.school.id, "destination_name", "registration", None)
    db.session.commit()
    assert "就业信息登记" in text(office.get("/desk/list/"))
    assert f"/agreements/{placement.id}.pdf" not in listing.get_data(as_text=True)
    page = office.get(f"/desk/show/{placement.id}")
    assert "录取学校 华中科技大学" in text(page)
    assert "升学深造 · 研究生" in text(page)
    assert "攻读层次 硕士生毕业" in text(page)
    assert "待补充" not in text(page)
    assert "信用代码有误" not in text(page)
    assert f"/agreements/{placement.id}.pdf" not in page.get_data(as_text=True)
    assert office.get(f"/agreements/{placement.id}.pdf").status_code == 404
    assert "未落实" in text(office.get(f"/desk/show/{other.id}"))
    english = visit(cast.officer)
    english.get("/lang/en")
    assert "School 华中科技大学" in text(english.get(f"/desk/show/{placement.id}"))
    assert db.session.get(Placement, placement.id).state == "awaiting_school"


@pytest.mark.rule("DST-03", "AGR-03", "INV-24")
def test_the_desk_reviews_a_registration_and_does_not_call_it_an_attestation(cast, visit):
    office, placement = visit(cast.officer), registered(cast.student)
    assert "等待学校审核" in text(office.get("/desk/list/?f_kind=destination"))
    page = office.get(f"/desk/show/{placement.id}")
    assert 'data-qq-action="attest"' in page.get_data(as_text=True)
    assert "鉴证" not in text(page)
    assert "协议书编号" not in text(page)
    done = office.post(f"/desk/action/attest/{placement.id}", follow_redirects=True)
    assert "已通过，现已生效" in text(done)
    after = text(office.get(f"/desk/show/{placement.id}"))
    assert "登记已生效" in after
    assert f"{cast.officer.first_name} 审核通过" in after


@pytest.mark.rule("DST-06")
def test_a_kind_limited_by_level_is_offered_to_those_students_only(cast, visit):
    admin, phone = visit(cast.admin), visit(account(cast.student))
    kind = db.session.query(DestinationKind).filter_by(active=True).first()
    name = kind.name
    assert name in text(phone.get(f"{HOME}new"))
    taken_into_use(admin, kind, levels=["doctor", "master"])
    assert "博士研究生" in text(admin.get(f"/destination-kinds/show/{kind.id}"))
    codes = [k.code for kinds in kinds_for(cast.student).values() for k in kinds]
    assert kind.code not in codes
    refused = phone.post(f"{HOME}begin", data={"kind": kind.code}, follow_redirects=True)
    assert "不对您的学历层次开放" in refused.get_data(as_text=True)
    cast.student.education = "11"
    db.session.commit()
    assert kind.code in [k.code for kinds in kinds_for(cast.student).values() for k in kinds]


@pytest.mark.rule("DST-06")
def test_a_kind_is_copied_with_its_fields_and_proofs_and_not_in_use(cast, visit):
    admin = visit(cast.admin)
    kind = next(k for k in db.session.query(DestinationKind) if k.fields and k.proofs)
    whole = ([f.key for f in kind.fields], [p.key for p in kind.proofs], kind.plan_code)
    assert "复制" in admin.get(f"/destination-kinds/show/{kind.id}").text
    answers = [admin.post(f"/destination-kinds/copy/{kind.id}") for _n in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    made = [kind_of(f"{kind.code[:16]}_{n}") for n in (2, 3)]
    for copy in made:
        assert ([f.key for f in copy.fields], [p.key for p in copy.proofs], copy.plan_code) == whole
        assert not copy.active
        assert answers[copy is made[1]].location.endswith(f"/destination-kinds/edit/{copy.id}")
    assert visit(cast.officer).post(f"/destination-kinds/copy/{kind.id}").status_code in (
        302,
        403,
        404,
    )
    assert kind_of(f"{kind.code[:16]}_4") is None
