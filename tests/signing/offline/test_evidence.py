"""The stamped sheet: who adds, who removes, what the school has seen, the employer's link."""

from __future__ import annotations

import io

import pytest

from app.accounts.queries import actor_of
from app.core import clock
from app.core.errors import NotYours, Refused
from app.files.documents import attaching, files
from app.settings.models import Review
from app.settings.queries import set_setting
from app.signing.offline import evidence
from app.signing.offline.evidence import add_by_link, add_scan
from app.signing.offline.links import make_link
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make
from tests.files.documents import hostile
from tests.signing.offline.paper import approved, generated, photo


@pytest.fixture
def paper(cast):
    return approved(cast.student, cast.officer)


@pytest.fixture
def student(cast):
    return make.actor(cast.student)


def scans(placement):
    return evidence.scans(placement, make.actor(placement.student))


def names(placement):
    return [(s.file.original_name, s.refused, s.by_link) for s in scans(placement)]


@pytest.mark.rule("OFF-04", "DOC-05")
def test_several_pages_are_kept_harmless_and_handed_in(paper, student):
    add_scan(paper.id, student, "../第1页.PNG", photo())
    add_scan(paper.id, student, "扫描.pdf", io.BytesIO(hostile.pdf(pages=2)))
    assert names(paper) == [("第1页.jpg", False, False), ("扫描.pdf", False, False)]
    PLACEMENTS.perform("hand_in", paper.id, student)
    assert paper.state == "awaiting_school"


@pytest.mark.rule("DOC-05")
@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"%PDF-1.7 broken", hostile.pdf(hostile.open_action)]
)
def test_what_is_no_picture_and_no_harmless_pdf_is_refused(paper, student, data):
    with pytest.raises(Refused):
        add_scan(paper.id, student, "x.pdf", io.BytesIO(data))
    assert scans(paper) == []


@pytest.mark.rule("OFF-04", "INV-19")
def test_without_a_file_nothing_is_handed_in_and_the_button_says_why(paper, student):
    with pytest.raises(Refused):
        PLACEMENTS.perform("hand_in", paper.id, student)


@pytest.mark.rule("OFF-04")
def test_a_page_is_removed_only_before_it_is_handed_in(paper, student):
    add_scan(paper.id, student, "a.jpg", photo())
    add_scan(paper.id, student, "b.jpg", photo("black"))
    attaching.detach(scans(paper)[0].file.uid, student)
    assert [name for name, *_rest in names(paper)] == ["b.jpg"]
    PLACEMENTS.perform("hand_in", paper.id, student)
    with pytest.raises(Refused):
        attaching.detach(scans(paper)[0].file.uid, student)
    with pytest.raises(Refused):
        add_scan(paper.id, student, "c.jpg", photo())


@pytest.mark.rule("OFF-05")
def test_what_the_school_did_not_approve_stays_marked_and_new_pages_are_asked_for(
    cast, paper, student
):
    add_scan(paper.id, student, "模糊.jpg", photo())
    PLACEMENTS.perform("hand_in", paper.id, student)
    PLACEMENTS.perform("refuse", paper.id, actor_of(cast.officer), reason="看不清")
    assert paper.state == "awaiting_scan"
    assert names(paper) == [("模糊.jpg", True, False)]
    with pytest.raises(Refused):
        attaching.detach(scans(paper)[0].file.uid, student)
    assert not PLACEMENTS.offer("hand_in", paper, student, clock.now()).possible
    add_scan(paper.id, student, "清楚.jpg", photo())
    assert PLACEMENTS.offer("hand_in", paper, student, clock.now()).possible
    assert [refused for _name, refused, _link in names(paper)] == [True, False]


@pytest.mark.rule("OFF-05", "AGR-11")
def test_a_refusal_that_was_undone_marks_nothing(cast, student):
    set_setting(cast.school.id, "offline_review", Review.BOTH, None)
    college, officer = actor_of(cast.college_officer), actor_of(cast.officer)
    paper = generated(cast.student)
    PLACEMENTS.perform("approve_form_college", paper.id, college)
    PLACEMENTS.perform("approve_form", paper.id, officer)
    add_scan(paper.id, student, "页.jpg", photo())
    PLACEMENTS.perform("hand_in", paper.id, student)
    PLACEMENTS.perform("attest_college", paper.id, college)
    PLACEMENTS.perform("refuse", paper.id, officer, reason="看不清")
    PLACEMENTS.perform("undo", paper.id, officer)
    assert names(paper) == [("页.jpg", False, False)]


@pytest.mark.rule("OFF-06")
def test_giving_up_voids_the_number_once_the_school_confirms(cast, paper, student):
    PLACEMENTS.perform("ask_give_up", paper.id, student, reason="单位暂停招聘")
    with pytest.raises(Refused):
        add_scan(paper.id, student, "a.jpg", photo())
    PLACEMENTS.perform("give_up", paper.id, actor_of(cast.officer))
    assert paper.state == "given_up"
    assert generated(cast.classmate).id != paper.id


@pytest.mark.rule("OFF-04")
def test_there_are_at_most_twenty_files_since_the_last_request(paper, student, monkeypatch):
    monkeypatch.setattr(evidence, "MOST", 2)
    for name in ("a.jpg", "b.jpg"):
        add_scan(paper.id, student, name, photo())
    with pytest.raises(Refused):
        add_scan(paper.id, student, "c.jpg", photo())


@pytest.mark.rule("ACC-10", "ACC-02")
def test_nobody_but_the_student_adds_or_removes(cast, paper, student):
    add_scan(paper.id, student, "a.jpg", photo())
    uid = scans(paper)[0].file.uid
    for who in (cast.officer, cast.college_officer, cast.province, cast.data):
        with pytest.raises((Refused, NotYours)):
            add_scan(paper.id, actor_of(who), "x.jpg", photo())
        with pytest.raises((Refused, NotYours)):
            attaching.detach(uid, actor_of(who))
    with pytest.raises(NotYours):
        add_scan(paper.id, make.actor(cast.classmate), "x.jpg", photo())


@pytest.mark.rule("ACC-10", "OFF-04")
def test_a_link_adds_files_of_its_signing_only_and_hands_nothing_in(paper, student):
    token = make_link(paper.id, student)
    add_by_link(token, "单位.jpg", photo())
    assert names(paper) == [("单位.jpg", False, True)]
    assert paper.state == "awaiting_scan"
    attaching.detach(scans(paper)[0].file.uid, student)
    assert scans(paper) == []
    for wrong in ("x" * 32, token[:-1], ""):
        with pytest.raises(NotYours):
            add_by_link(wrong, "a.jpg", photo())


@pytest.mark.rule("DOC-05", "ACC-02")
def test_who_sees_the_signing_reads_its_files(cast, student):
    code = cast.employer.credit_code
    paper = approved(cast.student, cast.officer, employer_credit_code=code)
    add_scan(paper.id, student, "a.jpg", photo())
    found = scans(paper)[0].file
    for who in (cast.student, cast.employer, cast.officer, cast.college_officer):
        assert files.readable(found, make.actor(who))
    for who in (cast.classmate, cast.rival, cast.other_officer, cast.other_college_officer):
        assert not files.readable(found, make.actor(who))
