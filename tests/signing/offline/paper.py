"""What the tests of paper signings share: a whole form, a generated signing, its way to the stamped sheet."""

from __future__ import annotations

import io

from PIL import Image

from app.accounts.queries import actor_of
from app.signing.offline.forms import form_of, typed
from app.signing.offline.workflow import Filled, generate, save
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import ON_PAPER
from tests import factories as make

UNKNOWN = make.credit_code(777_001)


def whole(**changes) -> dict[str, str]:
    """A form in which nothing is missing, as a browser posts it."""
    terms = make.offer()
    values = make.typed({f.name: terms[f.name] for f in ON_PAPER if f.name in terms})
    values |= {
        "employer_credit_code": UNKNOWN,
        "employer_name": "江城钢铁厂",
        "employer_kind": "39",
        "employer_industry": "34",
        "employer_location": "湖北省武汉市武昌区",
        "employer_location_code": "420106",
        "employer_address": "中北路88号",
        "employer_postcode": "430071",
        "employer_email": "hr@example.com",
    }
    return values | changes


def saved(student, version: int = 0, **changes):
    """The form saved by the student."""
    return save(make.actor(student), typed(whole(**changes)), version, "w", late=False)


def filled(**changes) -> Filled:
    """The whole form as the rules take it."""
    form = form_of(typed(whole(**changes)), 2027)
    assert form.validate(), form.errors
    return Filled(form.values(), form.facts())


def generated(student, **changes):
    """A paper signing generated from the student's form."""
    entry = saved(student, **changes)
    return generate(make.actor(student), filled(**changes), entry.version, agreed=True)


def approved(student, officer, **changes):
    """The same, its form approved: the stamped sheet is awaited."""
    key = generated(student, **changes).id
    return PLACEMENTS.perform("approve_form", key, actor_of(officer))


def photo(colour: str = "white") -> io.BytesIO:
    """A small picture."""
    kept = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(kept, "JPEG")
    kept.seek(0)
    return kept
