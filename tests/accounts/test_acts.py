"""Every act of a party asks a fresh proof, bound to exactly what was shown; pressed twice it is done."""

from __future__ import annotations

import pytest

from app.accounts import acts, code_voiding, noted_proofs
from app.accounts.models import ActProof
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.settings.queries import set_setting
from app.signing.invitations.models import Invitation
from app.signing.invitations.workflow import INVITATIONS
from app.signing.terminations.workflow import TERMINATIONS
from app.wiring import WORKFLOWS
from app.workflow import trail
from app.workflow.actor import PARTIES
from tests import factories as make
from tests.stores import otherwise

ASKED = {  # kind, step, role: acts that bind or end something
    ("invitation", "accept", "student"),
    ("invitation", "send", "employer"),
    ("invitation", "amend", "employer"),
    ("placement", "agree_terms", "student"),
    ("placement", "propose_terms", "employer"),
    ("placement", "generate", "student"),
    ("placement", "hand_in", "student"),
    ("placement", "submit", "student"),
    ("placement", "ask_give_up", "student"),
    ("termination", "request", "student"),
    ("termination", "request", "employer"),
    ("termination", "apply_with_proof", "student"),
    ("termination", "agree", "student"),
    ("termination", "agree", "employer"),
    ("termination", "decline", "student"),
    ("termination", "decline", "employer"),
}
NOT_ASKED = {  # kind, step → why no code is asked; docs/codes-and-limits.md says it to people
    ("invitation", "decline"): "binds nobody, the employer may invite again",
    ("invitation", "withdraw"): "binds nobody, the student is told, it can be sent again",
    ("invitation", "extend"): "binds nobody more than the letter does, the student is told",
    ("placement", "form"): "follows from accepting, which is proved",
    ("placement", "decline_terms"): "the agreed terms stay",
    ("placement", "take_back_terms"): "the agreed terms stay",
    ("placement", "go_on"): "the signing stays as it was",
    ("termination", "leave"): "nothing changes",
    ("termination", "ask_mediation"): "the school hears both sides, nothing is decided",
    ("objection", "report"): "protects the student and must be easy",
    ("correction", "propose"): "the school decides on it",
    ("correction", "withdraw"): "the record stays as it was",
    ("objection", "disown"): "the link in the message is the proof, and it only stops things",
    (
        "student",
        "change_mail",
    ): "asks the new address's code and the password or the old contact's code",
    ("employer", "change_mail"): "the same",
    ("student", "confirm_contact"): "is the code of the contact that did not change",
    ("employer", "confirm_contact"): "the same",
    ("student", "undo_contact"): "the same; it only takes back what another did",
    ("employer", "undo_contact"): "the same; it only takes back what another did",
    ("employer", "register"): "a school checks it first",
    ("employer", "claim"): "a school checks it first",
    ("employer", "resubmit"): "a school checks it first",
    **{
        (kind, "nudge_student"): "a reminder binds nobody"
        for kind in ("invitation", "placement", "termination")
    },
}
FILES = {"import_file", "export_file"}  # own lists in and out: no act towards the other party


@pytest.mark.rule("ACC-10")
def test_every_step_of_a_party_asks_a_proof_or_stands_among_the_exceptions_with_its_reason():
    asked, free = set(), set()
    for flow in WORKFLOWS:
        for step in flow.steps:
            for role in PARTIES & set(step.roles):
                if role in step.fresh:
                    asked.add((flow.kind, step.name, role.value))
                elif flow.kind not in FILES:
                    free.add((flow.kind, step.name))
    assert asked == ASKED
    assert free == set(NOT_ASKED)


@pytest.mark.rule("ACC-10")
def test_the_engine_takes_no_partys_act_without_a_proof(cast):
    from dataclasses import replace

    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    for party in (cast.student, cast.employer):
        with pytest.raises(Invalid) as error:
            from app.signing.terminations.applying import request

            request(placement.id, replace(make.actor(party), factor=""), "理由", agreed=True)
        assert error.value.problems[0][0] == "code"


# -- the employer's setting --------------------------------------------------------------------------


@pytest.mark.rule("ACC-10", "ADM-05")
def test_a_school_can_let_employers_act_without_a_code_and_its_history_says_so(cast, visit):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    page = f"/employer/terminations/show/{placement.id}"
    firm = visit(make.account(cast.employer))
    assert "data-qq-code=" in firm.get(page).get_data(as_text=True)
    set_setting(cast.school.id, "employer_codes", False, cast.officer.id)
    db.session.commit()
    assert "data-qq-code=" not in firm.get(page).get_data(as_text=True)
    firm.post(
        f"/employer/terminations/{placement.id}/request", data={"reason": "撤销", "agreed": "1"}
    )
    from app.settings.queries import history
    from app.signing.terminations.queries import running

    assert running(placement.id) is not None
    row, before, who = history(cast.school.id)[0]
    assert (row.key, row.value, before, who) == ("employer_codes", False, True, "王老师")


@pytest.mark.rule("ACC-10")
def test_no_setting_lets_a_student_act_without_a_code(cast):
    set_setting(cast.school.id, "employer_codes", False, None)
    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    assert acts.act_on(INVITATIONS, "accept", letter.id, make.account(cast.student)).asked


# -- one code for one batch --------------------------------------------------------------------------


def batch(cast, ids=(1, 2, 3), **content):
    return acts.batch_of(
        INVITATIONS,
        "send",
        [cast.school.id],
        ids,
        {"pay": 6000, **content},
        make.account(cast.employer),
    )


@pytest.mark.rule("ACC-10")
def test_one_code_proves_a_whole_batch_in_any_order(cast):
    user = make.account(cast.employer)
    acts.send(batch(cast), user)
    proof = acts.proved(batch(cast, (3, 1, 2)), user, newest())
    assert proof.factor == "mail"


@pytest.mark.rule("ACC-10")
@pytest.mark.parametrize(
    "changed", [{"ids": (1, 2)}, {"ids": (1, 2, 4)}, {"ids": (1, 2, 3, 4)}, {"pay": 1}, {"more": 1}]
)
def test_a_changed_batch_makes_its_code_worthless(cast, changed):
    user = make.account(cast.employer)
    acts.send(batch(cast), user)
    with pytest.raises(Invalid):
        acts.proved(batch(cast, **changed), user, newest())


@pytest.mark.rule("ACC-10", "INV-06")
def test_a_batch_of_letters_asks_one_code_and_a_wrong_one_keeps_the_preview(cast, visit):
    from tests.signing.invitations.test_letter_views import LETTER, SEND, batch_in, letter

    rows = [make.make_candidate(cast.employer, s) for s in (cast.student, cast.classmate)]
    db.session.commit()
    firm, data = visit(make.account(cast.employer)), letter(rows)
    data["batch"] = batch_in(firm.post(LETTER, data=data).get_data(as_text=True))
    code = make.code_for(firm, "/employer/letter/code", data)
    for wrong in ("", "12345", f"{(int(code) + 1) % 10**6:06d}"):
        page = firm.post(SEND, data={**data, "code": wrong})
        assert page.status_code == 422
        assert data["batch"] in page.get_data(as_text=True)
    other = {**data, "regular_pay": "9999"}
    assert (
        firm.post(SEND, data={**other, "code": code}).status_code == 422
    )  # not what was previewed
    assert db.session.query(Invitation).count() == 0
    assert firm.post(SEND, data={**data, "code": code}).status_code == 303
    assert db.session.query(Invitation).count() == 2
    for sent in db.session.query(Invitation):
        assert trail.of("invitation", sent.id)[0].factor == "mail"


# -- the dialog --------------------------------------------------------------------------------------


@pytest.fixture
def letter(cast):
    [found] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    return found


IN_DIALOG = {"X-Dialog": "1", "Accept": "application/json"}


@pytest.mark.rule("ACC-10", "INV-13")
def test_f40_a_wrong_code_is_answered_inside_the_dialog_and_the_right_one_leads_on(
    cast, visit, letter
):
    phone, url = visit(make.account(cast.student)), f"/my/answer/{letter.id}/accept"
    code = make.code_for(phone, f"/acts/invitation/{letter.id}/accept/code")
    make.sent()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answer = phone.post(url, data={"agreed": "1", "code": wrong}, headers=IN_DIALOG)
    assert (answer.status_code, answer.json) == (
        422,
        {"error": "验证码不正确，请输入最近一次收到的验证码。"},
    )
    answer = phone.post(url, data={"agreed": "1", "code": code}, headers=IN_DIALOG)
    assert answer.json == {"go": f"/my/invitations/{letter.id}"}
    assert "qq-flash" in phone.get(answer.json["go"]).get_data(
        as_text=True
    )  # the message came along


@pytest.mark.rule("ACC-10")
def test_s18_accepting_pressed_twice_blames_nobody(cast, visit, letter):
    phone, url = visit(make.account(cast.student)), f"/my/answer/{letter.id}/accept"
    code = make.code_for(phone, f"/acts/invitation/{letter.id}/accept/code")
    for _press in range(2):
        page = phone.post(url, data={"agreed": "1", "code": code}, follow_redirects=True)
        assert "qq-flash-warn" not in page.get_data(as_text=True)
    assert [row.step for row in trail.of("invitation", letter.id)].count("accept") == 1


@pytest.mark.rule("AGR-11")
def test_who_is_really_too_late_still_hears_so(cast, visit, letter):
    make.accept(letter)
    make.pass_time(minutes=1)
    phone = visit(make.account(cast.student))
    page = phone.post(f"/my/answer/{letter.id}/accept", data={"agreed": "1"}, follow_redirects=True)
    assert "qq-flash-warn" in page.get_data(as_text=True)


# -- other proofs ------------------------------------------------------------------------------------


@pytest.fixture
def campus():
    with otherwise(proofs={**stores().proofs, "campus": "campus"}):
        yield


@pytest.mark.rule("ACC-10", "ACC-11")
def test_a_proof_by_another_way_counts_once_for_its_act_only(cast, campus, letter):
    user = make.account(cast.student)
    act = acts.act_on(INVITATIONS, "accept", letter.id, user)
    noted_proofs.note_proof(user, act.purpose, "campus")
    other = acts.act_on(INVITATIONS, "accept", make.invite(cast.rival, cast.student)[0].id, user)
    assert not noted_proofs.has_proof(user, other.purpose)
    assert not noted_proofs.has_proof(make.account(cast.classmate), act.purpose)
    assert acts.prove(INVITATIONS, "accept", letter.id, user, "").factor == "campus"
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", letter.id, user, "")


@pytest.mark.rule("ACC-10")
def test_a_proof_by_another_way_dies_after_ten_minutes_and_with_the_record(cast, campus, letter):
    user = make.account(cast.student)
    act = acts.act_on(INVITATIONS, "accept", letter.id, user)
    noted_proofs.note_proof(user, act.purpose, "campus")
    make.pass_time(minutes=11)
    assert not noted_proofs.has_proof(user, act.purpose)
    noted_proofs.note_proof(user, act.purpose, "campus")
    INVITATIONS.perform("amend", letter.id, make.actor(cast.employer), terms=new_terms())
    make.pass_time(hours=2)
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", letter.id, user, "")
    with pytest.raises(ValueError, match="magic"):
        noted_proofs.note_proof(user, act.purpose, "magic")
    assert db.session.query(ActProof).count() == 2


@pytest.mark.rule("ACC-10", "ACC-15", "INV-20")
@pytest.mark.parametrize("end", ["void", "void_free"])
def test_what_ends_the_codes_of_an_account_ends_its_other_proofs(cast, campus, letter, end):
    user, other = make.account(cast.student), make.account(cast.classmate)
    act = acts.act_on(INVITATIONS, "accept", letter.id, user)
    for whose in (user, other):
        noted_proofs.note_proof(whose, act.purpose, "campus")
    db.session.commit()
    getattr(code_voiding, end)(f"user:{user.id}", f"student:{cast.student.id}")
    assert not noted_proofs.has_proof(user, act.purpose)
    assert noted_proofs.has_proof(other, act.purpose)


@pytest.mark.rule("ACC-10")
def test_an_act_on_somebody_elses_record_does_not_exist(cast, letter):
    for who in (cast.classmate, cast.rival):
        with pytest.raises(NotYours):
            acts.ask(INVITATIONS, "accept", letter.id, make.account(who))
    with pytest.raises(NotYours):
        acts.ask(TERMINATIONS, "request", 1, make.account(cast.student))


@pytest.mark.rule("ACC-10")
def test_no_code_goes_out_for_an_act_that_is_not_possible(cast):
    [letter] = make.invite(cast.employer, cast.student)  # still cooling off
    with pytest.raises(Refused):
        acts.ask(INVITATIONS, "accept", letter.id, make.account(cast.student))


def new_terms():
    from app.signing.terms.models import Terms

    return Terms(**make.offer(regular_pay=7000))


def newest() -> str:
    import re

    from app.core.mail import Message

    return re.search(
        r"\d{6}", db.session.query(Message).order_by(Message.id.desc()).first().body
    ).group()
