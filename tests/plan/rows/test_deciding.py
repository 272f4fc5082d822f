"""What becomes of a row of the plan, decided by frames alone: every act, any order, twice (PLN-03…06)."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.plan.rows.decided import FIELDS, OWN, STAGED
from app.plan.rows.deciding import FACTS, Pairs, decide, pairs_of

VALUES = (None, None, "", "76", "甲公司")
ACTS = {
    "open",
    "add",
    "change",
    "take_back",
    "conflict",
    "request",
    "waits",
    "settled",
    "moved",
    "none",
}


@st.composite
def lines(draw):
    """A row beside its placement as the tables may hold them: facts, ours, claims, sources."""
    dice = draw(st.randoms(use_true_random=False))
    return line(dice, draw(st.integers(1, 10**6)))


def line(dice: random.Random, key: int):
    row, claim = dice.random() < 0.85, dice.random() < 0.65
    few = [*dice.sample(FIELDS, dice.choice([1, 2, 15])), "destination_code"]
    ours = {f: dice.choice(VALUES) if row and f in few else None for f in FIELDS}
    theirs = dict(ours) if dice.random() < 0.35 else {f: dice.choice(VALUES) for f in FIELDS}
    kinds = dice.choice([("signing",), ("signing", "staff", "import"), ("staff", None)])
    facts = dict.fromkeys(FACTS) | {
        "student_id": key,
        "name": "王",
        "student_no": str(key),
        "school_id": 1,
        "college_id": 1,
        "graduation_year": 2027,
        "graduates": dice.random() < 0.7,
        "moved": row and dice.random() < 0.3,
        "by_staff": row and dice.random() < 0.5,
    }
    if row:
        facts |= {
            "entry_id": 10**7 + key,
            "old_placement": dice.choice([None, 1, 2]),
            "state": dice.choice(["open", "filled", "checked", "reported", "reported"]),
        }
        if dice.random() < 0.4:
            facts |= {"request_id": key, "request_source": dice.choice([None, "signing", "import"])}
    if claim:
        facts |= {
            "placement_id": dice.choice([1, 1, 2]),
            "source": dice.choice(["signing", "destination"]),
        }
    sources = {f: dice.choice(kinds) if row and ours[f] is not None else None for f in FIELDS}
    return facts, ours, theirs if claim else dict.fromkeys(FIELDS), sources


def pairs(found) -> Pairs:
    """The frames of some lines, one a student."""
    once = {facts["student_id"]: (facts, *blocks) for facts, *blocks in found}
    return pairs_of(
        [tuple(v for block in found for v in block.values()) for found in once.values()]
    )


def outcome(pairs: Pairs) -> dict[int, tuple]:
    """Student → act, state, about, values, sources."""
    decided = decide(pairs)
    facts = decided.facts
    columns = (
        facts["act"],
        facts["new_state"],
        facts["about"],
        decided.values.to_numpy(),
        decided.sources.to_numpy(),
        decided.changes(facts["act"].notna()),
    )
    return {
        key: (act, state, about, list(values), list(sources), changes)
        for key, act, state, about, values, sources, changes in zip(
            facts["student_id"], *columns, strict=True
        )
    }


def written(found, result):
    """The lines as they are after what was decided has been written, as `plan.sync` writes it."""
    after = []
    for facts, ours, claims, sources in found:
        act, state, about, values, said, changes = result[facts["student_id"]]
        now = dict(facts, moved=False)
        if act in ("open", "add", "change", "take_back"):
            own = any(source in OWN for source in said)
            now |= {
                "entry_id": facts["entry_id"] or 1,
                "state": state,
                "by_staff": own,
                "old_placement": facts["placement_id"],
            }
            ours, sources = (
                dict(zip(FIELDS, values, strict=True)),
                dict(zip(FIELDS, said, strict=True)),
            )
        if act in ("request", "conflict"):
            now |= {
                "request_id": 1,
                "request_placement": about,
                "request_changes": changes,
                "request_source": facts["source"],
            }
        elif act != "waits":
            now |= dict.fromkeys(
                ("request_id", "request_placement", "request_changes", "request_source")
            )
        after.append((now, ours, claims, sources))
    return after


MANY = st.lists(lines(), min_size=1, max_size=12, unique_by=lambda found: found[0]["student_id"])


@pytest.mark.rule("PLN-04")
@settings(deadline=None, max_examples=30)
@given(MANY)
def test_what_was_decided_and_written_is_not_decided_again(found):
    again = outcome(pairs(written(found, outcome(pairs(found)))))
    assert {act for act, *_more in again.values()} <= {"none", "waits", "settled"}


@pytest.mark.rule("PLN-04")
@settings(deadline=None, max_examples=30)
@given(MANY, st.randoms())
def test_neither_the_order_nor_the_company_of_the_rows_matters(found, dice):
    whole = outcome(pairs(found))
    shuffled = dice.sample(found, len(found))
    assert outcome(pairs(shuffled)) == whole
    alone = shuffled[: max(1, len(found) // 2)]
    assert outcome(pairs(alone)) == {f["student_id"]: whole[f["student_id"]] for f, *_more in alone}


@pytest.mark.rule("PLN-03", "PLN-06")
@settings(deadline=None, max_examples=30)
@given(MANY)
def test_no_row_of_staffs_and_no_reported_row_is_changed_by_a_placement_that_is_not_its_own(found):
    result = outcome(pairs(found))
    for facts, ours, claims, _sources in found:
        act, state, _about, values, _said, changes = result[facts["student_id"]]
        if facts["state"] == "reported" and changes:
            assert act in ("request", "waits", "settled", "none", "moved")
            assert state == "reported"
        foreign = facts["placement_id"] not in (None, facts["old_placement"]) and ours != claims
        if facts["by_staff"] and foreign and facts["state"] != "reported":
            assert act in ("conflict", "waits")
        if act in ("open", "add", "change", "take_back") and values[0] is None:
            assert state in ("open", "reported")


@pytest.mark.rule("PLN-03", "PLN-04", "PLN-05", "PLN-06")
def test_every_act_is_reached():
    dice = random.Random(13)
    found = [line(dice, key) for key in range(3000)]
    for facts, (_act, _state, about, *_more, changes) in zip(
        (facts for facts, *_blocks in found), outcome(pairs(found)).values(), strict=True
    ):
        if facts["request_id"] is not None and dice.random() < 0.5:
            facts |= {"request_placement": about, "request_changes": changes}
        if facts["state"] == "reported" and dice.random() < 0.3:
            facts["dropped"] = [[about, changes]]
    acts = Counter(act for act, *_more in outcome(pairs(found)).values())
    assert acts.keys() == ACTS
    assert min(acts.values()) > 5


@pytest.mark.rule("PLN-04")
@settings(deadline=None, max_examples=30)
@given(MANY)
def test_what_is_written_holds_texts_numbers_and_nothing(found):
    decided = decide(pairs(found))
    acts = dict(zip(decided.facts["student_id"], decided.facts["act"], strict=True))
    for line in decided.lines():
        assert all(value is None or value == value for value in line)
        values = dict(zip([*STAGED, "by_staff", "sources", "changes", *FIELDS], line, strict=True))
        assert values["act"] == acts[values["student_id"]]
        assert set(json.loads(values["sources"]).values()) <= {"signing", "destination", *OWN}
        if values["act"] in ("request", "conflict"):
            assert json.loads(values["changes"])


def one(ours=None, claim=None, sources=None, **facts):
    """What becomes of one row: act, values, sources, state."""

    def block(said):
        return dict.fromkeys(FIELDS) | (said or {})

    known = dict.fromkeys(FACTS) | {
        "student_id": 1,
        "graduates": True,
        "moved": False,
        "by_staff": False,
    }
    found = (known | facts, block(ours), block(claim), block(sources))
    [(act, state, _about, values, said, changes)] = outcome(pairs([found])).values()
    return (
        act,
        state,
        {f: v for f, v in zip(FIELDS, values, strict=True) if v is not None},
        {f: s for f, s in zip(FIELDS, said, strict=True) if s is not None},
        changes,
    )


STAFF = {"destination_code": "staff", "employer_name": "staff"}
SIGNING = {"placement_id": 7, "source": "signing"}
TYPED = {"destination_code": "76", "employer_name": "自由撰稿"}
SIGNED = {"destination_code": "10", "employer_name": "甲公司"}


@pytest.mark.rule("PLN-03")
def test_a_row_that_staff_wrote_meets_a_signing_and_becomes_a_conflict():
    act, state, *_rest, changes = one(
        TYPED, SIGNED, STAFF, entry_id=1, state="filled", by_staff=True, **SIGNING
    )
    assert (act, state) == ("conflict", "filled")
    assert changes == {"destination_code": ["76", "10"], "employer_name": ["自由撰稿", "甲公司"]}


@pytest.mark.rule("PLN-03")
def test_what_staff_typed_into_the_row_of_a_signing_stays_when_it_is_compared_again():
    ours = {**SIGNED, "employer_name": "甲公司武汉分公司"}
    sources = {"destination_code": "signing", "employer_name": "staff"}
    claim = {**SIGNED, "postcode": "430070"}
    act, _state, values, said, changes = one(
        ours, claim, sources, entry_id=1, state="filled", by_staff=True, old_placement=7, **SIGNING
    )
    assert act == "change"
    assert values == {**ours, "postcode": "430070"}
    assert said == {**sources, "postcode": "signing"}
    assert changes == {"postcode": [None, "430070"]}


@pytest.mark.rule("PLN-02", "PLN-03")
def test_a_signing_that_ends_leaves_what_staff_typed_only_with_a_destination_of_staffs():
    row = {"entry_id": 1, "state": "filled", "by_staff": True, "old_placement": 7}
    act, state, values, _said, _changes = one(TYPED, None, STAFF, **row)
    assert (act, state, values) == ("take_back", "filled", TYPED)
    sources = {"destination_code": "signing", "employer_name": "staff"}
    assert one(TYPED, None, sources, **row)[:3] == ("take_back", "open", {})


@pytest.mark.rule("PLN-06")
def test_an_empty_text_is_a_value_and_differs_from_nothing():
    row = {"entry_id": 1, "state": "filled", "old_placement": 7, **SIGNING}
    assert one({**SIGNED, "postcode": ""}, SIGNED, {}, **row)[0] == "change"
    assert one({**SIGNED, "postcode": None}, SIGNED, {}, **row)[0] == "none"
