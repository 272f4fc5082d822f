"""A paper signing as its pages show it: what comes next, its facts, its files (INV-24)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import labels
from app.core.text import mask_all_but_end
from app.fab.presentation import moment
from app.files.documents.files import Listed
from app.signing.offline.evidence import current, refused, scans
from app.signing.offline.models import Entry
from app.signing.placements.labels import AGREEMENT_LABELS, CHIPS, REVIEW_LABELS
from app.signing.placements.models import KINDS, Kind, Placement, PlacementState
from app.signing.terms.models import BY_NAME, GROUPS
from app.signing.terms.queries import groups
from app.workflow import trail
from app.workflow.actor import PARTIES, SYSTEM, Actor, Role

S = PlacementState
READERS = (*PARTIES, Role.COLLEGE, Role.SCHOOL)  # of files, as app/roles.py has it
NEXT = {
    S.FORM_COLLEGE: _l("The college reviews the form next. It can no longer be changed."),
    S.FORM_SCHOOL: _l("The school reviews the form next. It can no longer be changed."),
    S.AWAITING_SCAN: _l(
        "Download and print the agreement, have it signed and stamped, upload photos or a scan of "
        "every page, then hand it in."
    ),
    S.GIVING_UP: _l("You have asked to give it up. The school has to confirm; then you are free."),
    S.AWAITING_COLLEGE: _l("Handed in. The college looks at the stamped agreement next."),
    S.AWAITING_SCHOOL: _l("Handed in. The school looks at the stamped agreement next."),
    S.IN_FORCE: _l("The agreement is in force."),
    S.REFUSED: _l("The form was refused: the trace says why. Correct it, or sign otherwise."),
    S.TERMINATED: _l("It was terminated. You can sign again."),
    S.GIVEN_UP: _l("It was given up and its number is void. You can sign again."),
}


def next_step(placement: Placement) -> str:
    """What comes next for the student."""
    return str(NEXT.get(S(placement.state), ""))


def refused_why(placement: Placement) -> str:
    """The school's reason while the student has to upload again; empty otherwise (OFF-05)."""
    if not placement.awaits_scan:
        return ""
    last = [row for row in trail.of("placement", placement.id) if row.to_state == S.AWAITING_SCAN]
    return last[-1].reason if last and last[-1].step.startswith("refuse") else ""


def status(placement: Placement) -> tuple[object, str]:
    """Words and kind of its chip."""
    return REVIEW_LABELS[S(placement.state)], CHIPS[S(placement.state)]


def over(placement: Placement) -> bool:
    """Whether it ended, in whichever way: it can be entered anew."""
    return not placement.holds_slot


def generated(entry: Entry) -> bool:
    """Whether what was generated from the form still stands: it is never generated twice (OFF-02)."""
    return entry.placement is not None and entry.placement.holds_slot


def facts(placement: Placement) -> list[tuple[Any, Any]]:
    """Kind, number, states and moments (INV-24)."""
    return [
        (_("Kind"), KINDS[Kind.OFFLINE]),
        (_("Agreement number"), placement.agreement_no or "–"),
        (_("Agreement"), AGREEMENT_LABELS[S(placement.state)]),
        (BY_NAME["position"].label, placement.terms.position if placement.terms else ""),
        (_("Generated on"), moment(placement.created_at)),
        (_("Attested on"), moment(placement.attested_at)),
    ]


def party_a(placement: Placement) -> list[tuple[object, object]]:
    """The employer as it stands in the agreement."""
    terms = placement.terms
    return [
        (_("Name of the employer"), placement.employer_name),
        (_("Unified social credit code"), placement.employer_credit_code),
        (_("Nature"), labels.code("dwxz", placement.employer_kind, placement.graduation_year)),
        (
            _("Industry"),
            labels.code("dwhy", placement.employer_industry, placement.graduation_year),
        ),
        (_("Location"), labels.region(placement.employer_location)),
        (_("Postal address"), placement.employer_address),
        (_("Postcode"), placement.employer_postcode),
        (_("E-mail"), placement.employer_email),
        (BY_NAME["contact_name"].label, terms.contact_name if terms else ""),
        (BY_NAME["contact_phone"].label, terms.contact_phone if terms else ""),
    ]


def party_b(placement: Placement, *, own: bool = True) -> list[tuple[object, object]]:
    """The student, numbers masked; an employer reads the last signs only (S-10)."""
    student, number = placement.student, placement.student.id_number_masked or ""
    return [
        (_("Name of the student"), student.name),
        (_("School"), student.school.name),
        (_("College"), student.college.name),
        (_("Major"), student.major.name),
        (_("Graduation year"), student.graduation_year),
        (student.id_label, number if own else mask_all_but_end(number)),
        (_("Telephone"), student.phone_masked),
    ]


def term_groups(placement: Placement) -> list[tuple[object, object]]:
    """The terms, the archive and the household registration, each with its title."""
    if placement.terms is None:
        return []
    known = groups(placement.terms, placement.graduation_year)
    return [known[name] for name in GROUPS]


def trace(placement: Placement) -> list[trail.TrailLine]:
    """Who did what, when and why, newest first."""
    return trail.shown("placement", placement.id)


def no_register(placement: Placement) -> str:
    """The employer of a paper signing may stand on no register: the office is told (OFF-07)."""
    if placement.kind != Kind.OFFLINE or placement.employer_id is not None:
        return ""
    return _("On no school's register: compare with its licence, and ask it to register.")


def sheets(placement: Placement, actor: Actor) -> dict[str, list[Listed]]:
    """The uploaded files of a paper signing, and those that were not approved; no others have any."""
    reads = placement.kind == Kind.OFFLINE and actor.role in READERS
    found = scans(placement, actor) if reads else []
    return {"scans": current(found), "refused_scans": refused(found)}


def by_link(placement: Placement) -> list[str]:
    """The names of what came by the employer's link and was not refused."""
    found = scans(placement, SYSTEM)
    return [s.file.original_name for s in found if s.by_link and not s.refused]


def masked_number(placement: Placement) -> str:
    """The agreement number as somebody without an account reads it."""
    number = placement.agreement_no or ""
    return f"{number[:5]}****{number[-4:]}" if number else "–"
