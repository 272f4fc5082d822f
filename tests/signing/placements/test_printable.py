"""What cannot be printed is not attested; a document that failed says why, and is made once mended (DOC-07)."""

import pytest
from sqlalchemy import text

from app.core.db import db
from app.core.errors import Refused
from app.files.documents import commands, issued
from app.files.documents.errors import RenderError
from app.signing.placements.printing import AGREEMENT
from app.signing.placements.tasks import RECORD, document_of, failure_of, make_agreement
from app.signing.placements.workflow import propose_terms
from tests import factories as make
from tests.signing.desk.desk import signed

EMOJI = "🚀 增长工程师"


@pytest.fixture
def placement(cast):
    return signed(cast.employer, cast.student)[0]


def waiting(name: str, key: int) -> int:
    """How many jobs of that name wait for that placement."""
    found = db.text(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'"
        " AND (args->>'placement_id')::int = :key"
    )
    return db.session.execute(found, {"name": name, "key": key}).scalar_one()


@pytest.mark.rule("DOC-07")
def test_what_cannot_be_printed_is_not_attested_and_named_with_field_and_character(cast):
    [placement] = signed(cast.employer, cast.student, position=EMOJI)  # as sent before it was asked
    with pytest.raises(Refused) as refusal:
        make.attest(placement, cast.officer)
    said = str(refusal.value)
    for part in ("拟聘用职位", "🚀", "U+1F680", "修改邀约"):
        assert part in said
    assert placement.agreement_no is None
    propose_terms(placement.id, make.actor(cast.employer), make.offer(position="增长工程师"))
    make.PLACEMENTS.perform("agree_terms", placement.id, make.actor(cast.student), agreed=True)
    assert make.attest(placement, cast.officer).agreement_no


@pytest.mark.rule("DOC-07")
@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("student", "学生 · 姓名"),
        ("employer", "单位名称"),
        ("contact", "签约联系人"),
        ("address", "学生 · 通讯地址"),
    ],
)
def test_every_part_of_the_agreement_is_asked(cast, where, said):
    contact = "김철수" if where == "contact" else "张先生"
    [placement] = signed(cast.employer, cast.student, contact_name=contact)
    if where == "student":
        cast.student.name = "བཀྲ་ཤིས"
    elif where == "employer":
        placement.employer_name = "星光\ue000公司"
    elif where == "address":
        cast.student.address = "武汉\ufffd路"
    db.session.commit()
    with pytest.raises(Refused, match=said):
        make.attest(placement, cast.officer)


@pytest.mark.rule("DOC-07")
def test_an_old_private_character_is_printed_as_the_standard_one(cast, placement):
    cast.student.name = "王\ue863"
    db.session.commit()
    make.attest(placement, cast.officer)
    make_agreement(placement.id)
    assert document_of(placement) is not None
    assert failure_of(placement) is None


@pytest.mark.rule("DOC-07")
def test_a_document_that_failed_says_why_to_all_and_is_made_once_it_is_mended(
    cast, placement, visit
):
    make.attest(placement, cast.officer)
    cast.student.name = "黄🌟水"  # as kept before it was asked
    db.session.commit()
    make_agreement(placement.id)
    assert failure_of(placement).missing == [["student.name", "🌟"]]
    pages = {
        "officer": f"/desk/show/{placement.id}",
        "student": f"/my/signings/{placement.id}",
        "employer": f"/employer/invitations/show/{placement.invitation_id}",
    }
    for who, page in pages.items():
        record = getattr(cast, who)
        browser = visit(record if who == "officer" else make.account(record))
        for address in (page, f"/agreements/{placement.id}.pdf"):
            answer = browser.get(address)
            assert "U+1F31F" in answer.text, (who, address)
            assert "学生 · 姓名" in answer.text
            assert "十分钟内自动生成" in answer.text
        assert "Refresh" not in answer.headers
        assert answer.status_code == 409
    issued.make_anew()
    before = waiting("placements.make_agreement", placement.id)
    make_agreement(placement.id)
    assert failure_of(placement) is not None
    cast.student.name = "黄星水"
    db.session.commit()
    assert issued.make_anew() == 1
    assert waiting("placements.make_agreement", placement.id) == before + 1
    make_agreement(placement.id)
    assert document_of(placement) is not None
    assert issued.make_anew() == 0


@pytest.mark.rule("DOC-07")
def test_a_failure_of_the_engine_is_noted_and_tried_again(cast, placement, monkeypatch):
    make.attest(placement, cast.officer)

    def broken(*_args, **_more):
        raise RenderError("died")

    monkeypatch.setattr(issued, "render_safely", broken)
    with pytest.raises(RenderError):
        make_agreement(placement.id)
    assert failure_of(placement).missing == []
    assert issued.make_anew() == 0  # the queue tries it again, then the administrator
    monkeypatch.undo()
    make_agreement(placement.id)
    assert failure_of(placement) is None


@pytest.mark.rule("DOC-07")
def test_a_failure_goes_with_the_agreement_that_nobody_needs_any_more(cast, placement):
    make.attest(placement, cast.officer)
    cast.student.name = "黄🌟水"
    db.session.commit()
    make_agreement(placement.id)
    make.PLACEMENTS.perform("reopen", placement.id, make.actor_of(cast.officer), reason="重新审核")
    make_agreement(placement.id)
    assert issued.failure(AGREEMENT, RECORD, placement.id) is None


@pytest.mark.rule("DOC-07")
def test_a_preview_that_cannot_be_drawn_says_why(cast, visit):
    [placement] = signed(cast.employer, cast.student, position=EMOJI)
    answer = visit(cast.officer).get(f"/agreements/{placement.id}.pdf")
    assert answer.status_code == 409
    assert "U+1F680" in answer.text


@pytest.mark.rule("DOC-07")
def test_what_cannot_be_printed_in_the_kept_data_is_listed_and_the_known_mended(cast):
    [other] = signed(cast.employer, cast.classmate, position="工程师\ue000")
    cast.student.address = "珞喻路🏠"
    db.session.commit()
    kept_before = {"name": "王\ue863", "id": cast.student.id}  # no form takes it any more
    db.session.execute(text("UPDATE student SET name = :name WHERE id = :id"), kept_before)
    db.session.commit()
    rows = {(f.table, f.key, f.field): f.line() for f in commands.found()}
    name = rows["student", cast.student.id, "name"]
    assert name.split("\t")[3:] == ["□", "U+E863", "䶮"]
    assert rows["student", cast.student.id, "address"].endswith("🏠\tU+1F3E0\t-")
    assert ("terms", other.terms_id, "position") in rows
    assert ("college", cast.college.id, "name") not in rows
    assert commands.mend() == 1
    db.session.expire_all()
    assert cast.student.name == "王䶮"
    assert ("student", cast.student.id, "name") not in {
        (f.table, f.key, f.field) for f in commands.found()
    }


@pytest.mark.rule("DOC-07")
def test_the_command_lists_with_tabs_between(app, cast):
    done = app.test_cli_runner().invoke(args=["documents", "unprintable"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == "# 0 characters that cannot be printed"
