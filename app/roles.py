"""Who may do what: role × view × permission, on one screen.

Loaded into Flask-AppBuilder, printed into docs/roles.md. Which rows somebody sees stands elsewhere: in
the `…_for(actor)` of each `queries.py`.

Permissions: `list` and `show` read; the others are the names of actions: those that are steps of a table
stand with its steps, which say who may take them. `menu` shows the entry.
"""

from __future__ import annotations

from typing import Any

from app.people.corrections.workflow import CORRECTIONS
from app.people.employers.workflow import EMPLOYERS
from app.people.staff.workflow import STAFF_REQUESTS
from app.people.students.workflow import RESTRICTIONS, STUDENTS
from app.plan.checks.workflow import FINDINGS
from app.plan.rows.workflow import CHANGES, PLAN
from app.signing.desk.workflow import FLOWS, FORCE, PREFIX
from app.signing.disputes.workflow import DISPUTES
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.workflow import OBJECTIONS
from app.workflow.actor import PARTIES, STAFF, Role
from app.workflow.engine import Workflow

READ = ("list", "show", "search", "pick_columns")
LIST = ("list", "search", "pick_columns")
_READERS: dict[Role, tuple[str, ...]] = dict.fromkeys(
    (Role.COLLEGE, Role.SCHOOL, Role.PROVINCE, Role.DATA), READ
)
_EXPORT = ("begin", "create", "show", "take", "fetch")
_DESK = (*READ, "facts")
_REPORTS = ("rate", "flow", "where", "cross", "trend")
Grants = dict[Role, tuple[str, ...]]


def _by_steps(flow: Workflow[Any], grants: Grants, prefix: str = "") -> Grants:
    """The grants with the steps that the table gives to each of these roles, under their own names."""
    return {
        role: (*words, *(prefix + s.name for s in flow.steps if s.by_button and role in s.roles))
        for role, words in grants.items()
    }


def _desk() -> Grants:
    """Readers, and what the three tables of the desk give to colleges and schools."""
    found: Grants = {**_READERS, Role.COLLEGE: _DESK, Role.SCHOOL: (*_DESK, "evidence", FORCE)}
    for flow in FLOWS:
        found = _by_steps(flow, found, PREFIX.get(flow.kind, ""))
    return found


# view (its class_permission_name) → role → what it may do there
GRANTS: dict[str, dict[Role, tuple[str, ...]]] = {
    # everybody signed in
    "RegionSearch": {role: ("find",) for role in Role if role is not Role.SYSTEM},
    "Notices": {role: ("index", "follow", "read_all") for role in Role if role is not Role.SYSTEM},
    "MySignIns": {role: ("index", "end", "end_others") for role in Role if role is not Role.SYSTEM},
    "MyCopy": {Role.STUDENT: ("index", "code")},
    "MyRecord": {Role.STUDENT: ("index",)},
    "Kept": {role: ("show", "discard") for role in Role if role is not Role.SYSTEM},
    "Session": {role: ("index", "go_on") for role in Role if role is not Role.SYSTEM},
    "Batches": dict.fromkeys(STAFF, ("show", "undo")),  # one's own: who asks sees what became of it
    "Imports": dict.fromkeys(
        (Role.SCHOOL, Role.DATA, Role.EMPLOYER),
        ("begin", "template", "upload", "show", "take", "decide", "agree", "rows", "errors"),
    ),
    "ImportWords": dict.fromkeys((Role.SCHOOL, Role.DATA, Role.EMPLOYER), ("index", "forget")),
    "ImportChanges": dict.fromkeys((Role.SCHOOL, Role.DATA), ("make",)),
    "Exports": {
        **dict.fromkeys((*_READERS, Role.ADMIN, Role.AUDIT, Role.EMPLOYER), _EXPORT),
        Role.SCHOOL: (*_EXPORT, "clear"),  # whole personal numbers, for a purpose (RPT-05)
    },
    "ExportHistory": dict.fromkeys((*_READERS, Role.ADMIN, Role.AUDIT, Role.EMPLOYER), LIST),
    "ImportHistory": dict.fromkeys((Role.SCHOOL, Role.DATA, Role.EMPLOYER), LIST),
    "Acts": {Role.STUDENT: ("code",), Role.EMPLOYER: ("code",)},
    # the second factor: the page after the password, and one's own keys (CHN-09)
    "Factor": dict.fromkeys((*STAFF, Role.EMPLOYER), ("index", "options")),
    "MyFactors": dict.fromkeys(
        (*STAFF, Role.EMPLOYER),
        ("index", "contact", "app", "key", "options", "remove_key", "remove_app", "codes"),
    ),
    "CampusProof": {Role.STUDENT: ("begin",)},
    "MyCampus": {
        role: ("index", "code", "release", "link") for role in Role if role is not Role.SYSTEM
    },
    "SignInWays": {
        Role.ADMIN: (*READ, "add", "edit", "try_out", "switch_off"),
        Role.SCHOOL: (*READ, "switch_on", "switch_off"),
    },
    "CampusIdentities": {Role.ADMIN: (*LIST, "unlink")},
    "Jobs": {Role.ADMIN: ("index", "retry")},
    # the student's side
    "Verify": {Role.STUDENT: ("index", "code")},
    "MyProfile": {Role.STUDENT: ("index",)},
    "SignIn": dict.fromkeys(
        PARTIES,
        ("index", "code", "answer", "second", "second_code", "mail", "mail_code", "old_code"),
    ),
    "MyHome": {Role.STUDENT: ("index",)},
    "MySigning": {Role.STUDENT: ()},  # the menu entry over the ways to sign
    "MyInvitations": {Role.STUDENT: ("list", "show", "search", "index", "compare")},
    "MyAnswer": {Role.STUDENT: ("accept", "decline")},
    "MySignings": {Role.STUDENT: ("show", "answer")},
    "MyObjections": {Role.STUDENT: ("invitation", "placement")},
    "MyTerminations": {Role.STUDENT: ("index", "show", "request", "proof", "take", "evidence")},
    "MyPaper": {Role.STUDENT: ("index", "entry", "autosave", "preview", "pdf", "generate")},
    "MyPaperSteps": {Role.STUDENT: ("show", "step", "files", "link")},
    "MyDestinations": {
        Role.STUDENT: (
            "index",
            "choose",
            "begin",
            "draft",
            "proof",
            "preview",
            "submit",
            "discard",
            "show",
            "again",
            "leave",
        )
    },
    "MyOrigin": {Role.STUDENT: ("index", "propose", "show", "files", "withdraw")},
    # the employer's side
    "EmployerReview": {Role.EMPLOYER: ("index",)},
    "EmployerProfile": {Role.EMPLOYER: ("index",)},
    "EmployerHome": {Role.EMPLOYER: ("index", "signing")},
    "EmployerCandidates": {Role.EMPLOYER: ("index", "search", "add", "chosen")},
    "EmployerLetter": {
        Role.EMPLOYER: (
            *("index", "preview", "code", "send", "sent", "edit", "extend", "again", "withdraw"),
        )
    },
    "EmployerInvitations": {
        Role.EMPLOYER: ("list", "show", "search", "pick_columns", "index", "one")
    },
    "Amendments": {Role.EMPLOYER: ("edit", "take_back")},
    "EmployerTerminations": {
        Role.EMPLOYER: (
            "list",
            "show",
            "search",
            "pick_columns",
            "index",
            "request",
            "take",
            "evidence",
        )
    },
    "EmployerPaper": {Role.EMPLOYER: ("index", "show")},
    "Terminations": dict.fromkeys((*PARTIES, *_READERS), ("follow", "letter", "full_letter")),
    # -- office: the school's side --
    "Office": dict.fromkeys(STAFF, ("index",)),
    "Desk": _desk(),
    "Objections": _by_steps(
        OBJECTIONS, dict.fromkeys((Role.PROVINCE, Role.DATA, Role.SCHOOL), READ)
    ),
    "Disputes": _by_steps(
        DISPUTES, dict.fromkeys((Role.SCHOOL, Role.PROVINCE, Role.ADMIN, Role.SECURITY), READ)
    ),
    "Invitations": _by_steps(
        INVITATIONS, dict.fromkeys((Role.PROVINCE, Role.DATA, Role.SCHOOL), READ)
    ),
    "Nudges": {Role.EMPLOYER: ("send",)},  # an employer reminds a student (AGR-17)
    "Students": _by_steps(STUDENTS, {**_READERS, Role.SCHOOL: (*READ, "add", "edit", "restrict")}),
    "MergeStudents": {Role.SCHOOL: ("merge",)},
    "MergeEmployers": {Role.SCHOOL: ("merge",)},
    # whole numbers, one at a time: telephones for whoever decides, documents of identity for the school
    "Search": dict.fromkeys(_READERS, ("index", "send", "lines")),
    "Reveals": {Role.SCHOOL: ("phone", "id_number"), Role.COLLEGE: ("phone",)},
    "HeldChanges": {
        Role.SCHOOL: (*LIST, "undo_change"),  # what the school changed the next level confirms
        Role.PROVINCE: (*LIST, "confirm_change", "undo_change"),
    },
    "StudentPhone": {Role.SCHOOL: ("change",)},
    "StudentMail": {Role.SCHOOL: ("change",)},
    "Corrections": _by_steps(
        CORRECTIONS, dict.fromkeys((Role.COLLEGE, Role.DATA, Role.SCHOOL), READ)
    ),
    "Restrictions": _by_steps(RESTRICTIONS, _READERS),
    "Restrict": {Role.SCHOOL: ("begin", "create")},
    "Chances": {**dict.fromkeys(_READERS, ("show",)), Role.SCHOOL: ("show", "grant")},
    "Employers": _by_steps(EMPLOYERS, {**_READERS, Role.SCHOOL: (*READ, "add", "edit")}),
    "OfferedEmployers": {Role.SCHOOL: (*READ, "to_register")},
    "Plan": _by_steps(
        PLAN,
        {**_READERS, Role.SCHOOL: (*READ, "write", "letters"), Role.DATA: (*READ, "letters")},
    ),
    "PlanChanges": _by_steps(
        CHANGES,
        {**_READERS, **dict.fromkeys((Role.SCHOOL, Role.DATA), (*READ, "decide"))},
    ),
    "PlanOutside": dict.fromkeys(_READERS, LIST),
    "PlanExport": dict.fromkeys(_READERS, ("begin", "create")),
    "PlanYears": {
        Role.DATA: ("index", "compare"),
        Role.SCHOOL: ("index", "compare", "apply", "whole"),
    },
    "PlanFiles": dict.fromkeys((Role.SCHOOL, Role.DATA), ("show", "choose", "differences")),
    "PlanPapers": dict.fromkeys((Role.SCHOOL, Role.DATA), ("show", "file")),
    "PlanOfficial": dict.fromkeys((Role.SCHOOL, Role.DATA), ("index", "fill")),
    "PlanLetters": dict.fromkeys((Role.COLLEGE, Role.SCHOOL, Role.DATA), READ),
    "PlanLetterWork": dict.fromkeys((Role.SCHOOL, Role.DATA), ("index", "make")),
    "PlanCodes": {Role.ADMIN: (*LIST, "add", "edit"), Role.SCHOOL: LIST, Role.DATA: LIST},
    "PlanSnapshots": {
        Role.PROVINCE: ("index", "show", "compare"),
        Role.DATA: ("index", "show", "compare", "differences"),
        Role.SCHOOL: ("index", "show", "compare", "differences", "make"),
    },
    "Findings": _by_steps(FINDINGS, _READERS),
    "FindingsBook": dict.fromkeys((Role.SCHOOL, Role.DATA), ("begin", "make")),
    "Checks": {
        Role.COLLEGE: ("index",),
        **dict.fromkeys((Role.SCHOOL, Role.DATA), ("index", "run")),
    },
    "Reports": dict.fromkeys(
        _READERS,
        (*_REPORTS, *(f"{name}_file" for name in _REPORTS)),
    ),
    "KeptQuestions": dict.fromkeys(_READERS, ("index", "keep", "show", "change")),
    "Pivots": dict.fromkeys(_READERS, ("begin", "create")),
    "ReportGraduates": dict.fromkeys(_READERS, LIST),
    "Schools": {**_READERS, Role.ADMIN: (*READ, "add", "edit")},
    "Colleges": {**_READERS, Role.ADMIN: READ, Role.SCHOOL: (*READ, "add", "edit", "remove")},
    "Majors": {**_READERS, Role.ADMIN: READ, Role.SCHOOL: (*READ, "add", "edit", "remove")},
    "Settings": {
        **dict.fromkeys((Role.COLLEGE, Role.DATA), ("index", "calendar", "history")),
        Role.SCHOOL: ("index", "calendar", "history", "window", "day", "forget"),
    },
    "Codes": {Role.ADMIN: (*LIST, "add", "edit")},
    "CodeEditions": {Role.ADMIN: ("index", "make")},
    "PlanFormulas": {Role.ADMIN: (*LIST, "add", "edit")},
    "Regions": {Role.ADMIN: LIST},
    "DestinationKinds": {Role.ADMIN: (*READ, "add", "edit", "copy")},
    "DestinationTypes": {Role.ADMIN: (*READ, "add", "edit")},
    "DestinationFields": {Role.ADMIN: ("add", "edit")},
    "DestinationProofs": {Role.ADMIN: ("add", "edit")},
    "Deliveries": dict.fromkeys(
        (Role.SCHOOL, Role.ADMIN), ("list", "search", "pick_columns", "resend")
    ),
    # one administrator asks, another confirms; the third only reads (S-12)
    "Accounts": {
        Role.ADMIN: (
            *READ,
            "add",
            "edit",
            "sign_out",
            "deactivate",
            "activate",
            "forget_password",
            "reset_factor",
        ),
        Role.SECURITY: (*READ, "sign_out", "deactivate"),
        Role.AUDIT: READ,
    },
    "StaffRequests": _by_steps(
        STAFF_REQUESTS, dict.fromkeys((Role.ADMIN, Role.SECURITY, Role.AUDIT), READ)
    ),
    "SecurityLog": {Role.AUDIT: READ},
    "Audit": {Role.AUDIT: ("index", "run")},
    "Agreements": dict.fromkeys((*PARTIES, *_READERS), ("show", "full")),
    "Files": dict.fromkeys(
        (Role.COLLEGE, Role.SCHOOL, *PARTIES), ("show", "view", "thumb", "remove")
    ),
}


def as_table() -> str:
    """docs/roles.md: for every view, which role may do what there."""
    order = [role for role in Role if role is not Role.SYSTEM]
    lines = ["# Roles", "", "Generated from `app/roles.py` by `make docs`; do not edit.", ""]
    lines += ["Which rows somebody sees stands in the `…_for(actor)` of each `queries.py`.", ""]
    lines += ["| view | " + " | ".join(order) + " |", "|---" * (len(order) + 1) + "|"]
    for view, roles in GRANTS.items():
        cells = (", ".join(roles[role]) if role in roles else "" for role in order)
        lines.append(f"| {view} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def as_fab() -> dict[str, list[list[str]]]:
    """The grants as Flask-AppBuilder reads them: role → [view pattern, permission pattern]."""
    found: dict[str, list[list[str]]] = {}
    for view, roles in GRANTS.items():
        for role, words in roles.items():
            names = [f"can_{word}" for word in words] + list(words) + ["menu_access"]
            found.setdefault(role.value, []).append([f"{view}$", f"({'|'.join(names)})$"])
    return found
