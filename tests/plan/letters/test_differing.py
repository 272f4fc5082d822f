"""Letters beside the plan, decided by frames alone: any order, every kind, twice (PLN-10)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.plan.letters.differing import FIELDS, MISSING, POSTED, SAME, VOID, beside

TEXTS = st.sampled_from(("", "武汉市人才服务中心", "武汉市江岸区1号"))
SAID = st.one_of(st.none(), st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXTS)))


@st.composite
def rows(draw):
    """Graduates with a letter, a receiver, or both: (student, letter, tracking number, plan)."""
    found = []
    for key in draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=10, unique=True)):
        letter, plan = draw(SAID), draw(SAID)
        if letter is None and plan is None:
            plan = dict.fromkeys(FIELDS, "")
        plan = plan and {**plan, "archive_to": plan["archive_to"] or "人才中心"}
        sent = draw(st.sampled_from((None, "SF1"))) if letter else None
        found.append((key, letter, sent, plan))
    return found


def frame(found):
    """As the statement reads them."""
    none = dict.fromkeys(FIELDS)
    return beside(
        [
            (
                *(key, 7, 2027, f"{key:07d}", "王"),
                *(key if letter else None, letter and f"2027-{key}", sent),
                *((letter or none)[f] for f in FIELDS),  # whatever their order was drawn in
                *((plan or none)[f] for f in FIELDS),
            )
            for key, letter, sent, plan in found
        ]
    )


def expected(letter, sent, plan):
    """The kind of a graduate, said once more in plain words."""
    if letter is None:
        return MISSING
    if all((letter[f] or "") == ((plan or {}).get(f) or "") for f in FIELDS):
        return SAME
    return POSTED if sent else VOID


def applied(found):
    """The letters after the void ones are void and the missing ones numbered."""
    made = frame(found)
    void, new = set(made.void()), {row["student_id"]: row for row in made.numbered()}
    after = []
    for key, letter, sent, plan in found:
        letter = None if key in void else letter
        letter = {f: new[key][f] for f in FIELDS} if key in new else letter
        if letter or plan:
            after.append((key, letter, sent, plan))
    return after


@pytest.mark.rule("PLN-10")
@settings(deadline=None, max_examples=40)
@given(rows(), st.randoms())
def test_every_graduate_is_of_one_kind_in_whatever_order(found, dice):
    whole, kinds = frame(found), {key: expected(*more) for key, *more in found}
    assert dict(zip(whole.facts["student_id"], whole.facts["kind"], strict=True)) == kinds
    assert sum(whole.counts().values()) == len(found)
    shuffled = frame(dice.sample(found, len(found)))
    assert shuffled.lines() == whole.lines()
    assert shuffled.numbered() == whole.numbered()
    assert sorted(shuffled.void()) == sorted(whole.void())
    assert {row.student_id for row in whole.lines()} <= {
        k for k, kind in kinds.items() if kind != SAME
    }


@pytest.mark.rule("PLN-10")
@settings(deadline=None, max_examples=40)
@given(rows())
def test_numbered_once_nothing_is_numbered_or_void_again(found):
    after = applied(found)
    if after:
        again = frame(after)
        assert not again.void()
        assert not again.numbered()


@pytest.mark.rule("PLN-10")
def test_every_kind_is_reached():
    one, other = dict.fromkeys(FIELDS, "甲"), dict.fromkeys(FIELDS, "乙")
    found = frame(
        [(1, None, None, one), (2, one, None, other), (3, one, "SF1", None), (4, one, None, one)]
    )
    assert found.counts() == {MISSING: 1, VOID: 1, POSTED: 1, SAME: 1}
    assert [(row.student_id, row.field) for row in found.lines((POSTED,))] == [
        (3, f) for f in FIELDS
    ]
