"""What the tests of the desk share: signings that wait, and reading a list's page."""

from __future__ import annotations

import re
from html import unescape

from app.batches.models import Batch
from app.batches.tasks import run
from app.core.db import db
from app.settings.queries import set_setting
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.queries import placement_of
from tests import factories as make


def signed(employer, *students, **terms):
    """Placements awaiting their first review, in the order of the students."""
    invitations = [make.invite(employer, student, **terms)[0] for student in students]
    make.pass_time(hours=2)
    for invitation in invitations:
        INVITATIONS.perform("accept", invitation.id, make.actor(invitation.student), agreed=True)
    db.session.commit()
    return [placement_of(student.id) for student in students]


def two_levels(cast) -> None:
    """Let the college review before the school (AGR-06)."""
    set_setting(cast.school.id, "signing_review", "both", None)
    db.session.commit()


def worked(browser, answer):
    """The page of the batch that a bulk action asked for, once the worker has done it."""
    assert (answer.status_code, answer.location[:9]) == (303, "/batches/")
    batch = db.session.query(Batch).filter_by(uid=answer.location.rpartition("/")[2]).one()
    run.func(batch.id)
    return browser.get(answer.location)


def text(answer) -> str:
    """The page as a person reads it."""
    body = unescape(answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def rows(answer) -> list[str]:
    """The keys of the rows of a list, in its order."""
    page = answer.get_data(as_text=True)
    return re.findall(r'<tr class="qq-row(?:(?!<tr).)*? href="[^"]*/show/(\d+)"', page, re.S)


def tab_counts(answer) -> list[str]:
    """The numbers beside the tabs."""
    return re.findall(r'<span class="qq-count">([^<]*)</span>', answer.get_data(as_text=True))
