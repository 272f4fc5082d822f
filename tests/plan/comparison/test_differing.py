"""What a plan file says otherwise, decided by frames alone: any order, twice, every kind (PLN-03, PLN-05)."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.plan.comparison.differing import FACTS, OWNED, difference, left, of_kind, rows_of
from app.plan.rows.decided import FIELDS

VALUES = (None, "", "76", "甲公司")
CHOICES = ("file", "ours", "skip")


@st.composite
def lines(draw):
    """A row of a file and the row of the plan that it means."""
    return line(draw(st.randoms(use_true_random=False)), draw(st.integers(1, 10**6)))


def line(dice: random.Random, key: int):
    """(row, said, choice), (facts, ours, claims, sources)."""
    has = dice.random() < 0.9
    ours = {f: dice.choice(VALUES) if has else None for f in FIELDS}
    said = {f: dice.choice((None, ours[f], "76", "乙公司")) for f in FIELDS}
    sources = {
        f: dice.choice(("signing", "staff", "import", None)) if has else None for f in FIELDS
    }
    facts = dict.fromkeys(FACTS) | {"student_id": key}
    if has:
        facts |= {
            "entry_id": 10**7 + key,
            "state": dice.choice(["open", "filled", "checked", "reported"]),
        }
        if dice.random() < 0.4:
            asked = {f: [ours[f], dice.choice((said[f], "别的"))] for f in dice.sample(FIELDS, 4)}
            facts |= {
                "request_id": key,
                "request_source": dice.choice(["import", "import", "signing", None]),
                "request_changes": asked,
            }
    choice = {f: dice.choice(("ours", "skip")) for f in FIELDS if dice.random() < 0.2}
    return (key, said, choice or None), (facts, ours, dict.fromkeys(FIELDS, "10"), sources)


def frame(found):
    """The frame of some lines, as it is read."""
    return rows_of(
        [
            (
                *(
                    facts
                    | {"row": row, "line": row + 1, "choice": choice}
                    | {"sources": json.dumps(sources) if any(sources.values()) else None}
                ).values(),
                *said.values(),
                *ours.values(),
                *claims.values(),
                facts["student_id"],
                "王",
                2027,
            )
            for (row, said, choice), (facts, ours, claims, sources) in found
        ]
    )


def told(long):
    """The lines as a set."""
    plain = long.drop(columns="request_changes", errors="ignore").astype(object)
    return set(plain.where(plain.notna(), None).itertuples(index=False, name=None))


MANY = st.lists(lines(), min_size=1, max_size=12, unique_by=lambda found: found[0][0])


@pytest.mark.rule("PLN-05")
@settings(deadline=None, max_examples=25)
@given(MANY, st.randoms())
def test_neither_the_order_nor_the_company_of_the_rows_matters(found, dice):
    whole = difference(frame(found))
    lines = whole.lines()
    assert list(lines["row"]) == sorted(lines["row"])
    shuffled = difference(frame(dice.sample(found, len(found))))
    assert told(shuffled.lines()) == told(lines)
    assert shuffled.counts() == whole.counts()
    assert list(shuffled.written()) == list(whole.written())
    one, other = (difference(frame(some)) for some in (found[:1], found[1:] or found[:1]))
    assert told(one.lines()) | told(other.lines()) == told(lines)
    if len(found) > 1:
        assert one.counts() + other.counts() == +whole.counts()
        assert one.kinds() + other.kinds() == whole.kinds()


@pytest.mark.rule("PLN-05", "BLK-09")
@settings(deadline=None, max_examples=25)
@given(MANY)
def test_the_counts_say_what_the_lines_say(found):
    whole, plan = difference(frame(found)), {row: blocks[0] for (row, *_f), blocks in found}
    lines = whole.lines()
    request = {row: (facts["request_id"], facts["request_source"]) for row, facts in plan.items()}
    held = lines["row"].map(lambda row: request[row][0] is not None and request[row][1] != "import")
    waiting = lines["row"].map(lambda row: request[row][1] == "import")
    taken = lines["choice"] == "file"
    expected = {
        "different": taken.notna(),
        "waiting": waiting,
        "written": taken & ~lines["asks"],
        "asked": taken & lines["asks"] & ~held,
        "blocked": taken & lines["asks"] & held,
    }
    assert dict(whole.counts()) == {
        name: lines.loc[mark.astype(bool), "row"].nunique() for name, mark in expected.items()
    }
    assert whole.kinds() == Counter(lines.loc[lines["choice"] != "waits", "field"])
    assert {row for row, *_more in whole.written()} == set(lines.loc[taken, "row"])


@pytest.mark.rule("PLN-05")
@settings(deadline=None, max_examples=25)
@given(MANY)
def test_only_what_a_file_says_and_the_plan_does_not_is_a_difference(found):
    expected = {
        (row, f): (ours[f], said[f])
        for (row, said, _choice), (_facts, ours, *_more) in found
        for f in FIELDS
        if said[f] is not None and said[f] != ours[f]
    }
    long = difference(frame(found)).lines()
    shown = zip(long["row"], long["field"], long["ours"], long["theirs"], strict=True)
    assert {(row, f): (ours, theirs) for row, f, ours, theirs in shown} == expected


def applied(found):
    """The plan after what may be written is written, and the rest asked for, as the statements do it."""
    after = {
        row: (dict(facts), dict(ours), claims, dict(sources))
        for (row, *_file), (facts, ours, claims, sources) in found
    }
    for row, _student, asked, *values in difference(frame(found)).written():
        facts, ours, _claims, sources = after[row]
        direct = {f: value for f, value in zip(FIELDS, values, strict=True) if value is not None}
        facts["entry_id"] = facts["entry_id"] or 1
        facts["state"] = facts["state"] or "filled"
        ours |= direct
        sources |= dict.fromkeys(direct, "import")
        if asked and (facts["request_id"] is None or facts["request_source"] == "import"):
            facts |= {
                "request_id": row,
                "request_source": "import",
                "request_changes": (facts["request_changes"] or {}) | json.loads(asked),
            }
    return [(file, after[file[0]]) for file, _plan in found]


@pytest.mark.rule("PLN-05", "PLN-03")
@settings(deadline=None, max_examples=25)
@given(MANY)
def test_a_file_applied_twice_changes_nothing_the_second_time(found):
    done = applied(found)
    counts = difference(frame(done)).counts()
    assert (counts["written"], counts["asked"]) == (0, 0)
    assert applied(done) == done


@pytest.mark.rule("PLN-03", "PLN-06")
@settings(deadline=None, max_examples=25)
@given(MANY)
def test_a_file_writes_neither_a_placements_value_nor_a_reported_row(found):
    plan = {row: blocks for (row, *_file), blocks in found}
    for row, _student, asked, *values in difference(frame(found)).written():
        facts, ours, _claims, sources = plan[row]
        new = {f: value for f, value in zip(FIELDS, values, strict=True) if value is not None}
        assert not new or facts["state"] != "reported"
        assert not {f for f in new if sources[f] in OWNED or ours[f] == new[f]}
        for f in json.loads(asked or "{}"):
            assert facts["state"] == "reported" or sources[f] in OWNED
            assert json.loads(asked)[f][0] == ours[f]


@pytest.mark.rule("PLN-05")
@settings(deadline=None, max_examples=25)
@given(MANY, st.sampled_from(["all", "owned", *FIELDS[:3]]), st.sampled_from(CHOICES))
def test_a_choice_for_all_of_a_kind_is_kept_row_by_row_and_does_not_touch_what_waits(
    found, kind, choice
):
    before = difference(frame(found)).lines()
    after = of_kind(before, kind, choice)
    kept = {row: json.loads(choices) for row, choices in left(before, after)}
    again = [((row, said, kept.get(row, chosen)), plan) for (row, said, chosen), plan in found]
    assert told(difference(frame(again)).lines()) == told(after)
    of_it = {"all": after["choice"].notna(), "owned": after["asks"]}.get(
        kind, after["field"] == kind
    )
    assert set(after.loc[of_it, "choice"]) <= {choice, "waits"}
    assert after.loc[~of_it, "choice"].equals(before.loc[~of_it, "choice"])


@pytest.mark.rule("PLN-05")
def test_every_kind_of_difference_is_reached():
    dice = random.Random(13)
    whole = difference(frame([line(dice, key) for key in range(500)]))
    long = whole.lines()
    assert {(c, a) for c, a in zip(long["choice"], long["asks"], strict=True)} == {
        (c, a) for c in (*CHOICES, "waits") for a in (True, False)
    }
    assert min(whole.counts().values()) > 5
    assert len(whole.counts()) == 5
    assert set(whole.kinds()) == set(FIELDS)
