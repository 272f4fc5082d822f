"""Whether the time of an answer tells what it hides: pairs of requests whose answers look alike.

For sign-in, forgotten password and the employer's search by four fields: the medians of what exists
against what does not, alternately, over 300 pairs; a ratio within 0.9 … 1.1 tells nothing. Run with
`python -m bench timing [pairs]`. The limits are lifted, since they would stop the bench.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_migrate import upgrade

from app.accounts import attempts, identifiers, passwords
from app.codes.queries import load_shipped
from app.core.db import db
from app.core.limits import Limit
from app.signing.invitations import letter_views
from bench.batches import load
from bench.measure import browser
from bench.server import server
from tests import factories as make
from tests.cast import Cast

PAIRS = 300
SPREAD = 0.10
NO_LIMIT = 10**9


def main(pairs: int = PAIRS) -> None:
    """Build, measure, print; a ratio outside the spread ends it with an error."""
    with server() as (url, folder):
        found = run(load(url, folder), pairs)
    wrong = [name for name, ratio in found.items() if abs(ratio - 1) > SPREAD]
    assert not wrong, wrong


def run(app: Flask, pairs: int) -> dict[str, float]:
    """The ratio of each pair of answers on that database."""
    app.config["WTF_CSRF_ENABLED"] = False
    for module, name in (
        (attempts, "HERE"),
        (attempts, "ANYWHERE"),
        (attempts, "IN_A_DAY"),
        (attempts, "ADDRESS"),
        (attempts, "ASKED"),
        (letter_views, "SEARCHES"),
    ):
        limit: Limit = getattr(module, name)
        setattr(module, name, Limit(limit.name, NO_LIMIT, limit.per))
    with app.app_context():
        upgrade()
        load_shipped()
        Cast.make()
        db.session.commit()
        acts = _acts(app, Cast.load())
    print(f"\n{'what':46}{'exists ms':>11}{'not ms':>9}{'ratio':>8}")
    return {name: _ratio(name, there, not_there, pairs) for name, there, not_there in acts}


def _acts(app: Flask, cast: Cast) -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    user = make.account(cast.student)
    user.password = passwords.hashed("Correct-horse-7")
    off = make.account(cast.classmate)
    off.active = False
    for account, student in ((user, cast.student), (off, cast.classmate)):
        identifiers.identify(account, "phone", student.phone)
    identifiers.identify(make.account(cast.neighbour), "phone", cast.neighbour.phone)
    db.session.commit()
    stranger, firm = app.test_client(), browser(app, make.account(cast.employer).id)

    def sign_in(who: str) -> Callable[[], Any]:
        return lambda: stranger.post("/login/", data={"who": who, "password": "wrong"})

    def forgotten(who: str) -> Callable[[], Any]:
        return lambda: stranger.post("/password/forgotten", data={"who": who})

    def search(student: Any, **changed: str) -> Callable[[], Any]:
        fields = {
            "school": student.school.code,
            "year": str(student.graduation_year),
            "name": student.name,
            "number": student.phone,
            **changed,
        }
        return lambda: firm.post("/employer/candidates/search", data=fields)

    here, closed = cast.student, cast.neighbour
    closed.training_mode = "2"  # may not sign: looks like an unknown one
    phone, nobody, forbidden = here.phone, "13999999999", cast.classmate.phone
    found = [
        ("sign-in: account / none", sign_in(phone), sign_in(nobody)),
        ("sign-in: account without password / none", sign_in(closed.phone), sign_in(nobody)),
        ("sign-in: switched off / none", sign_in(forbidden), sign_in(nobody)),
        ("forgotten: account / none", forgotten(phone), forgotten(nobody)),
        ("forgotten: switched off / none", forgotten(forbidden), forgotten(nobody)),
        ("search: may not sign / unknown", search(closed), search(here, name="没有此人")),
        (
            "search: one field wrong / another",
            search(here, year=str(here.graduation_year - 1)),
            search(here, number=nobody),
        ),
    ]
    db.session.commit()
    return found


def _ratio(name: str, there: Callable[[], Any], not_there: Callable[[], Any], pairs: int) -> float:
    seconds: tuple[list[float], list[float]] = ([], [])
    for act in (there, not_there) * 5:
        act()
    for n in range(pairs):
        both = ((there, seconds[0]), (not_there, seconds[1]))
        for act, kept in both if n % 2 else both[::-1]:
            start = time.perf_counter()
            act()
            kept.append(time.perf_counter() - start)
    first, second = (statistics.median(kept) * 1000 for kept in seconds)
    print(f"{name:46}{first:11.2f}{second:9.2f}{first / second:8.3f}", flush=True)
    return first / second
