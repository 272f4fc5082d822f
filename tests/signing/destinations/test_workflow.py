"""Registering a destination: drafts, submitting, review, plan row, leaving, giving way."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.people.students.models import TrainingMode
from app.plan.rows.models import PlanEntry
from app.settings.queries import set_setting
from app.signing.destinations.copying import again
from app.signing.destinations.kind_models import (
    DestinationField,
    DestinationKind,
    DestinationProof,
    DestinationType,
)
from app.signing.destinations.models import Destination
from app.signing.destinations.placing import problems
from app.signing.destinations.queries import draft_of, kind_of, kinds_for, of_placement
from app.signing.destinations.shipped import load_tables
from app.signing.destinations.workflow import begin, discard, save, submit
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import apply_with_proof
from app.signing.terminations.workflow import TERMINATIONS
from tests.factories import (
    accept,
    actor,
    attest,
    destination,
    invite,
    make_student,
    pass_time,
    uploaded,
)
from tests.signing.destinations.ways import CONTRACT, attach_proof, filled, registered, unsettled


def plan_of(student) -> PlanEntry:
    return db.session.query(PlanEntry).filter_by(student_id=student.id).one()


@pytest.mark.rule("DST-06")
def test_the_shipped_tables_have_types_with_kinds_and_loading_again_changes_nothing(cast):
    counts = [
        db.session.query(m).count()
        for m in (DestinationType, DestinationKind, DestinationField, DestinationProof)
    ]
    assert counts[0] == 7
    assert counts[1] == 22
    kind = kind_of("SX_YJS")
    kind.name, kind.fields[0].active = "硕士、博士", False
    db.session.flush()
    assert load_tables() == 0
    assert (kind_of("SX_YJS").name, kind_of("SX_YJS").fields[0].active) == ("硕士、博士", False)
    again = [
        db.session.query(m).count()
        for m in (DestinationType, DestinationKind, DestinationField, DestinationProof)
    ]
    assert counts == again


@pytest.mark.rule("DST-06", "PLN-11")
def test_every_shipped_kind_names_codes_of_both_editions_and_fields_that_fit_the_plan(cast):
    from app.codes.queries import names
    from app.signing.destinations.field_types import PLAN

    for kind in db.session.query(DestinationKind):
        assert kind.plan_code in names("byqx", 2027)
        assert kind.plan_code_legacy in names("byqx", 2020)
        filled_columns = [f.plan_field for f in kind.fields if f.plan_field]
        assert len(filled_columns) == len(set(filled_columns)), kind.code
        for field in kind.fields:
            assert not field.table or names(field.table, 2027)
            assert set(field.only) <= set(names(field.table or "byqx", 2027))
            if field.plan_field:
                types, table, _most = PLAN[field.plan_field]
                assert field.type in types
                assert not table or field.table == table


@pytest.mark.rule("DST-06")
def test_a_kind_for_committed_training_is_offered_to_nobody_else(cast):
    open_to_all = {k.code for kinds in kinds_for(cast.student).values() for k in kinds}
    assert "DXWP" not in open_to_all
    cast.student.training_mode = TrainingMode.COMMITTED
    db.session.commit()
    assert "DXWP" in {k.code for kinds in kinds_for(cast.student).values() for k in kinds}
    assert begin(actor(cast.student), "DXWP").kind.code == "DXWP"
    with pytest.raises(Refused, match="定向"):
        begin(actor(cast.classmate), "DXWP")


@pytest.mark.rule("DST-01")
def test_a_draft_is_kept_half_filled_and_begun_anew_as_another_kind_keeps_what_fits(cast):
    who = actor(cast.student)
    draft = begin(who, "SX_YJS")
    draft = save(who, draft.id, 1, {"school": "某大学", "begins": "九月", "nonsense": "x"})
    assert draft.values == {"school": "某大学", "begins": "九月"}
    assert draft.version == 2
    assert {place for place, _text in problems(draft)} == {
        "begins",
        "place",
        "major",
        "degree",
        "proof:admission",
    }
    draft = begin(who, "CG")
    assert (draft.version, draft.values["school"]) == (3, "某大学")
    discard(who, draft.id)
    assert draft_of(cast.student.id) is None


@pytest.mark.rule("DST-01")
def test_two_windows_do_not_overwrite_each_other(cast):
    who = actor(cast.student)
    draft = begin(who, "SX_YJS")
    save(who, draft.id, 1, {"school": "甲大学"})
    with pytest.raises(Refused, match="另一个窗口"):
        save(who, draft.id, 1, {"school": "乙大学"})
    assert draft_of(cast.student.id).values["school"] == "甲大学"
    with pytest.raises(Refused, match="另一个窗口"):
        submit(who, draft.id, 1)


@pytest.mark.rule("DST-01", "DST-02", "PLN-01")
def test_submitted_reviewed_and_in_force_it_fills_the_plan_row(cast):
    placement = registered(cast.student)
    assert placement.kind == "destination"
    assert placement.state == "awaiting_school"
    assert placement.employer_name == "华中科技大学"
    attest(placement, cast.officer)
    assert placement.agreement_no is None
    row = plan_of(cast.student)
    assert (row.destination_code, row.employer_name, row.location) == (
        "801",
        "华中科技大学",
        "420111",
    )
    assert (row.archive_to, row.archive_postcode) == ("华中科技大学档案馆", "430074")
    assert row.sources["destination_code"] == "destination"


@pytest.mark.rule("PLN-01")
def test_an_employers_facts_reach_the_plan_row_by_their_columns(cast):
    attest(registered(cast.student, "LDHT", "contract"), cast.officer)
    row = plan_of(cast.student)
    assert row.destination_code == "11"
    assert row.credit_code == CONTRACT["credit_code"]
    assert (row.employer_kind, row.industry, row.position_kind) == ("39", "34", "13")
    assert (row.contact_name, row.contact_phone) == ("张先生", "02787654321")
    kept = of_placement(row.placement_id).kept
    assert {
        "key": "pay",
        "label": ["月薪", "Pay a month"],
        "text": "6,500 元",
        "wide": False,
    } in kept["fields"]


@pytest.mark.rule("PLN-11")
def test_a_choice_names_the_plan_code_and_an_old_year_has_the_old_code(cast):
    values = {"employer": "某县教育局", "place": "420111", "since": "2027-09-01", "years": "3"}
    attest(registered(cast.student, "GJJC", "notice", project="501", **values), cast.officer)
    assert plan_of(cast.student).destination_code == "501"
    old = make_student(cast.college, graduation_year=2020)
    attest(registered(old, "GJJC", "notice", project="", **values), cast.officer)
    assert plan_of(old).destination_code == "50"


@pytest.mark.rule("PLN-01")
def test_a_name_that_no_field_gave_is_no_employer_of_the_plan(cast):
    placement = registered(
        cast.student, "ZYZY", "proof", work="译者", place="420111", income="5000"
    )
    assert placement.employer_name == "自由职业"
    attest(placement, cast.officer)
    row = plan_of(cast.student)
    assert (row.destination_code, row.employer_name, row.location) == ("76", None, "420111")


@pytest.mark.rule("DST-01")
def test_pressed_twice_it_is_submitted_once(cast):
    draft = filled(cast.student)
    who = actor(cast.student)
    first = submit(who, draft.id, draft.version)
    assert submit(who, draft.id, draft.version).id == first.id
    assert db.session.query(Placement).filter_by(student_id=cast.student.id).count() == 1


@pytest.mark.rule("DST-01", "GRD-01")
def test_what_is_missing_or_in_the_way_is_said_and_nothing_is_written(cast):
    who = actor(cast.student)
    draft = filled(cast.student, proof="")
    with pytest.raises(Invalid, match="录取通知书"):
        submit(who, draft.id, draft.version)
    attach_proof(draft, "admission")
    accept(invite(cast.employer, cast.student)[0])
    with pytest.raises(Refused, match="星光集团"):
        submit(who, draft.id, draft.version)
    assert draft_of(cast.student.id) is not None


@pytest.mark.rule("DST-02")
def test_refused_it_is_corrected_and_submitted_again_with_the_same_values_and_files(cast):
    placement = registered(cast.student)
    who = actor(cast.student)
    with pytest.raises(Refused, match="未通过"):
        again(who, placement.id)
    PLACEMENTS.perform("refuse", placement.id, actor(cast.officer), reason="通知书不清晰")
    draft = again(who, placement.id)
    assert draft.values["school"] == "华中科技大学"
    assert [f.attachment.original_name for f in draft.files] == ["录取通知书.jpg"]
    assert again(who, placement.id).id == draft.id
    second = submit(who, draft.id, draft.version)
    assert second.id != placement.id
    before, after = (of_placement(p.id).files[0].attachment for p in (placement, second))
    assert before.file_key == after.file_key
    assert before.uid != after.uid


@pytest.mark.rule("DST-03", "PLN-02")
def test_leaving_it_with_reason_and_proof_frees_the_student_and_takes_the_plan_row_back(cast):
    placement = attest(registered(cast.student), cast.officer)
    who = actor(cast.student)
    with pytest.raises(Invalid):
        apply_with_proof(placement.id, who, "放弃入学", [])
    ending = apply_with_proof(placement.id, who, "放弃入学", [uploaded()])
    assert ending.way == "release"
    with pytest.raises(Refused):
        apply_with_proof(placement.id, who, "放弃入学", [uploaded()])
    TERMINATIONS.perform("approve", ending.id, actor(cast.officer))
    row = plan_of(cast.student)
    assert (row.destination_code, row.employer_name, row.state) == (None, None, "open")
    assert accept(invite(cast.employer, cast.student)[0]).state == "awaiting_school"


@pytest.mark.rule("DST-05")
def test_what_settles_nothing_gives_way_to_a_signing_that_comes_into_force(cast):
    waiting = attest(unsettled(cast.student), cast.officer)
    assert waiting.state == "in_force"
    assert plan_of(cast.student).destination_code == "71"
    signing = accept(invite(cast.employer, cast.student)[0])
    assert db.session.get(Placement, waiting.id).state == "in_force"
    attest(signing, cast.officer)
    assert db.session.get(Placement, waiting.id).state == "replaced"
    assert plan_of(cast.student).destination_code == "10"


@pytest.mark.rule("DST-05")
def test_what_settles_nothing_gives_way_to_a_destination_that_settles(cast):
    under_review = unsettled(cast.student)
    settled = registered(cast.student)
    attest(settled, cast.officer)
    assert db.session.get(Placement, under_review.id).state == "replaced"
    assert plan_of(cast.student).destination_code == "801"


@pytest.mark.rule("DST-05")
def test_of_two_that_settle_nothing_one_waits_at_a_time_and_the_later_replaces_the_earlier(cast):
    first = unsettled(cast.student)
    draft = filled(cast.student, "DJY", "", stage="702")
    with pytest.raises(Refused):
        submit(actor(cast.student), draft.id, draft.version)
    attest(first, cast.officer)
    second = submit(actor(cast.student), draft.id, draft.version)
    attest(second, cast.officer)
    assert db.session.get(Placement, first.id).state == "replaced"
    assert plan_of(cast.student).destination_code == "702"
    assert plan_of(cast.student).employer_name is None


@pytest.mark.rule("DST-04")
def test_a_school_that_switched_the_module_off_takes_nothing_new_and_reviews_what_is_there(cast):
    there = registered(cast.student)
    draft = filled(cast.classmate)
    set_setting(cast.school.id, "destinations_open", False, None)
    db.session.commit()
    with pytest.raises(Refused, match="其他去向"):
        submit(actor(cast.classmate), draft.id, draft.version)
    with pytest.raises(Refused, match="其他去向"):
        begin(actor(cast.neighbour), "CG")
    assert attest(there, cast.officer).state == "in_force"


@pytest.mark.rule("DST-06")
def test_a_changed_table_never_touches_what_was_entered_before(cast):
    placement = registered(cast.student)
    kind = kind_of("SX_YJS")
    kind.name, kind.active = "改名", False
    for field in list(kind.fields):
        field.name, field.type, field.active, field.required = "改名", "date", False, True
    db.session.commit()
    found = of_placement(placement.id)
    assert found.kept["kind"][0] == "研究生"
    assert ["录取学校", "School"] in [row["label"] for row in found.kept["fields"]]
    attest(placement, cast.officer)
    assert plan_of(cast.student).employer_name == "华中科技大学"
    with pytest.raises(Refused, match="不再"):
        begin(actor(cast.classmate), "SX_YJS")


@pytest.mark.rule("DST-06")
def test_a_kind_offered_to_some_years_only(cast):
    kind_of("CG").to_year = 2026
    db.session.commit()
    assert "CG" not in {k.code for kinds in kinds_for(cast.student).values() for k in kinds}


@pytest.mark.rule("ACC-02")
def test_nobody_touches_anothers_draft_and_unknown_kinds_are_not_there(cast):
    draft = filled(cast.student)
    for who in (actor(cast.classmate), actor(cast.officer), actor(cast.employer)):
        for act in (
            lambda w: save(w, draft.id, draft.version, {}),
            lambda w: submit(w, draft.id, draft.version),
            lambda w: discard(w, draft.id),
        ):
            with pytest.raises(NotYours):
                act(who)
    with pytest.raises(NotYours):
        begin(actor(cast.student), "NIX'; --")
    other = destination(cast.stranger)
    with pytest.raises(NotYours):
        again(actor(cast.student), other.id)


HOSTILE = [
    ("school", "张" * 121, "最多"),
    ("place", "火星", "地区"),
    ("begins", "2027-13-41", "日期"),
    ("begins", "0001-01-01", "日期"),
    ("degree", "31", "列表"),
    ("archive_postcode", "43007", "邮"),
]


@pytest.mark.rule("DST-01")
@pytest.mark.parametrize(("key", "value", "says"), HOSTILE)
def test_wrong_values_are_kept_in_the_draft_and_said_before_submitting(cast, key, value, says):
    draft = filled(cast.student, **{key: value})
    assert draft.values[key] == value
    assert [(place, says in sentence) for place, sentence in problems(draft)] == [(key, True)]


@pytest.mark.parametrize("value", ["-1", "1e9", "六千", "99999999999", "٣٠٠٠", "6.5"])
def test_amounts_are_whole_numbers_within_bounds(cast, value):
    draft = filled(cast.student, "LDHT", "contract", pay=value)
    assert [place for place, _text in problems(draft)] == ["pay"]


def test_rare_names_survive_and_what_nobody_sees_goes(cast):
    draft = filled(cast.student, school="𠮷林大学•分校\u202e\x07", major="㛃䶮学  研究")
    assert draft.values["school"] == "𠮷林大学·分校"
    assert draft.values["major"] == "㛃䶮学 研究"
    placement = submit(actor(cast.student), draft.id, draft.version)
    attest(placement, cast.officer)
    assert plan_of(cast.student).employer_name == "𠮷林大学·分校"


def test_ten_thousand_characters_are_refused_beside_their_field_and_nothing_is_lost(cast):
    draft = filled(cast.student)
    with pytest.raises(Invalid) as refused:
        save(actor(cast.student), draft.id, draft.version, {"major": "长" * 10_000})
    assert refused.value.problems[0][0] == "major"
    assert draft_of(cast.student.id).values["major"] == "计算机科学与技术"


def test_files_of_a_kind_chosen_before_are_no_proofs_of_another(cast):
    who = actor(cast.student)
    filled(cast.student)
    draft = begin(who, "NSX")
    placement = submit(who, draft.id, draft.version)
    assert of_placement(placement.id).files == []
    assert db.session.query(Destination).count() == 1


@pytest.mark.rule("INV-14", "GRD-01")
def test_an_invitation_cannot_be_accepted_beside_a_destination_under_review(cast):
    invitation = invite(cast.employer, cast.student)[0]
    registered(cast.student)
    pass_time(hours=2)
    with pytest.raises(Refused, match="华中科技大学"):
        INVITATIONS.perform("accept", invitation.id, actor(cast.student), agreed=True)
