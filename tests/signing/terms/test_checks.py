"""What is said of odd terms before they are sent, and what is not said of usual ones."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock
from app.signing.terms.checks import odd
from app.signing.terms.queries import samples


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"probation_pay": 6000}, []),
        ({"probation_pay": 4800}, []),  # just four fifths
        ({"probation_pay": 4799}, ["百分之八十"]),
        ({"probation_pay": 6001}, ["高于转正后工资"]),
        ({"probation_pay": 0}, ["试用期无工资"]),
        ({"probation_pay": 0, "probation_days": 0}, []),
        ({"probation_pay": 0, "regular_pay": 0}, ["没有约定工资", "试用期无工资"]),
        ({"probation_pay": 5, "regular_pay": 6}, ["6 元"]),
        ({"probation_pay": 120_000, "regular_pay": 120_000}, ["120,000 元"]),
        ({"probation_days": 62}, []),
        ({"probation_days": 63}, ["须满三年"]),
        ({"probation_days": 180, "probation_pay": 9000}, ["须满三年", "高于"]),
    ],
)
@pytest.mark.rule("INV-06")
def test_each_oddity_has_its_sentence_and_usual_terms_have_none(session, changes, words):
    found = odd(samples(**changes))
    assert len(found) == len(words), found
    assert all(word in sentence for word, sentence in zip(words, found, strict=True)), found


@pytest.mark.rule("INV-06", "INV-11")
def test_reporting_for_work_before_the_answer_is_due_is_odd(session):
    today = clock.today()
    until = clock.deadline(clock.now(), 5)  # 24:00 of the fifth day from now
    for days, said in ((4, 1), (5, 1), (6, 0)):
        assert len(odd(samples(report_by=today + timedelta(days=days)), until)) == said, days
