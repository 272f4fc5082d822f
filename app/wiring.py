"""What one feature adds to another, all of it: by who receives it.

Guards, effects and relations first, then the stores of `app.core.registry`. After that the tables of rules
and the registry are closed. Nothing else adds anything to another package (tests/test_architecture.py).
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import inspect

from app.accounts import (
    acts,
    beside,
    code_delivery,
    freezing,
    holds,
    late,
    manager,
    security_log,
)
from app.accounts.campus import office_views as campus_views
from app.accounts.choices import OwnChoices, of_list
from app.accounts.contacts import is_changed
from app.accounts.models import DEMO
from app.audit import tasks as audit_tasks
from app.codes.models import Code
from app.core.mail import Message
from app.core.registry import Registry, fill, filled
from app.files.documents import tasks as document_tasks
from app.files.exports import lists, presentation
from app.files.exports import tasks as export_tasks
from app.files.exports.workflow import EXPORTS
from app.files.imports import tasks as bulk_tasks
from app.files.imports.workflow import IMPORTS
from app.files.made import tasks as paper_tasks
from app.files.made import workbook as changes_book
from app.home import person
from app.home.queries import around, party
from app.home.student_waits import student_waits
from app.notices import reached
from app.notices.models import RECEIVER
from app.notices.queries import unread
from app.people.corrections import models as origin_models
from app.people.corrections import workflow as origin
from app.people.employers import employer_views, review_views
from app.people.employers.detail import EMPLOYER_LABELS, EMPLOYER_TABLES
from app.people.employers.models import Employer
from app.people.employers.queries import EMPLOYER_NUMBERS, EMPLOYER_RECORD
from app.people.employers.sheets import EMPLOYER_LIST
from app.people.employers.workflow import EMPLOYERS
from app.people.merging.requests import is_asked
from app.people.schools.detail import changed
from app.people.schools.models import College, Major, School
from app.people.schools.queries import active_schools, all_colleges, all_schools, school_ids
from app.people.schools.sheets import COLLEGES, MAJORS
from app.people.staff import office_views as staff_views
from app.people.staff import tasks as staff_tasks
from app.people.staff.workflow import STAFF_REQUESTS
from app.people.students import student_views
from app.people.students import tasks as people_tasks
from app.people.students.detail import LABELS
from app.people.students.effects import sign_in_follows, studied
from app.people.students.fields import TABLES
from app.people.students.models import Student
from app.people.students.queries import STUDENT_NUMBERS, STUDENT_RECORD, accounts_by_number
from app.people.students.restriction_sheets import RESTRICTION_LIST
from app.people.students.sheets import FACTS, STUDENTS
from app.people.students.workflow import RESTRICTIONS
from app.people.students.workflow import STUDENTS as RECORDS
from app.plan.checks import detail as check_detail
from app.plan.checks import making as check_making
from app.plan.checks import office_views as check_views
from app.plan.checks import tasks as check_tasks
from app.plan.checks import workflow as checks
from app.plan.checks.models import Finding
from app.plan.comparison import choosing, sheets, workbook
from app.plan.comparison import views as planfile_views
from app.plan.comparison.sheets import PLAN as PLAN_FILE
from app.plan.letters import detail as letter_detail
from app.plan.letters import letters, making, work_views
from app.plan.letters import office_views as letter_views
from app.plan.letters.models import ForwardingLetter
from app.plan.letters.sheets import COURIER
from app.plan.letters.workbook import COURIER_MAKER, DIFFERENCES_MAKER
from app.plan.official import views as official_views
from app.plan.official import workbook as official
from app.plan.reports import tasks as report_tasks
from app.plan.reports.graduate_views import PLAN_ROW
from app.plan.reports.pivot_views import PIVOT
from app.plan.rows import detail as plan_detail
from app.plan.rows import editions, employers, layouts, narrowing
from app.plan.rows import models as plan_models
from app.plan.rows import queries as plan_queries
from app.plan.rows import tasks as plan_tasks
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.models import PlanEntry
from app.plan.rows.workflow import CHANGES, PLAN
from app.plan.years import comparison_sheets, snapshots
from app.settings.queries import waived
from app.settings.shared_lists import SharedLists
from app.signing.desk import tasks as desk_tasks
from app.signing.desk.effects import keep_hints
from app.signing.desk.models import WAITS_SINCE
from app.signing.destinations import effects as destination_effects
from app.signing.destinations import evidence as destination_evidence
from app.signing.destinations import models as destination_models
from app.signing.destinations import shipped
from app.signing.destinations import workflow as destinations
from app.signing.destinations.guards import open_here
from app.signing.disputes.queries import subject_of
from app.signing.disputes.workflow import DISPUTES, in_dispute
from app.signing.invitations import models as invitation_models
from app.signing.invitations import queries as invitation_queries
from app.signing.invitations import tasks as invitation_tasks
from app.signing.invitations import views as invitation_views
from app.signing.invitations.sheets import SEND_LIST
from app.signing.invitations.workflow import INVITATIONS
from app.signing.nudges.views import reminded
from app.signing.objections.student_views import report_of
from app.signing.objections.workflow import OBJECTIONS
from app.signing.offline import evidence as offline_evidence
from app.signing.offline import models as offline_models
from app.signing.offline import workflow as offline
from app.signing.placements import effects as placement_effects
from app.signing.placements import models as placement_models
from app.signing.placements import printing
from app.signing.placements import queries as placement_queries
from app.signing.placements import tasks as placement_tasks
from app.signing.placements.models import Kind, Placement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations import applying
from app.signing.terminations import evidence as termination_evidence
from app.signing.terminations import student_views as termination_views
from app.signing.terminations import tasks as termination_tasks
from app.signing.terminations import workflow as terminations
from app.signing.terminations.guards import no_termination
from app.signing.terminations.models import LAST, Termination
from app.signing.terminations.workflow import TERMINATIONS
from app.signing.terms.models import Terms
from app.signing.terms.queries import exported, terms_changed
from app.workflow.actor import STAFF, Role

WORKFLOWS = (
    INVITATIONS,
    PLACEMENTS,
    TERMINATIONS,
    OBJECTIONS,
    EMPLOYERS,
    RECORDS,
    RESTRICTIONS,
    IMPORTS,
    PLAN,
    CHANGES,
    origin.CORRECTIONS,
    EXPORTS,
    checks.FINDINGS,
    DISPUTES,
    STAFF_REQUESTS,
)
SHEETS = (
    STUDENTS,
    FACTS,
    SEND_LIST,
    PLAN_FILE,
    COURIER,
    COLLEGES,
    MAJORS,
    RESTRICTION_LIST,
    EMPLOYER_LIST,
)
PERIODIC = (
    audit_tasks,
    bulk_tasks,
    check_tasks,
    desk_tasks,
    document_tasks,
    export_tasks,
    invitation_tasks,
    paper_tasks,
    people_tasks,
    plan_tasks,
    report_tasks,
    staff_tasks,
)  # what the worker does by the clock is known to it

REGISTRY = Registry(
    # -- core, lists and engine
    unfit=(DEMO,),
    message_fates={code_delivery.KEY: code_delivery.FATE},
    stale_form=late.stale,
    denied=security_log.denied,
    list_choices=OwnChoices(),
    shared_lists=SharedLists(),
    asking=beside.asking,
    export_link=presentation.link,
    workflows={flow.kind: flow for flow in WORKFLOWS},
    bars=(freezing.not_frozen,),
    party_guards=(holds.not_held,),
    waivers=(waived,),
    code_loaders=(editions.load_shipped, shipped.load_tables),
    # -- sign-in: what people's records say of their accounts
    gates=(
        manager.must_change_password,
        manager.must_set_up_factor,
        review_views.review_gate,
        employer_views.profile_gate,
        student_views.verify_gate,
    ),
    besides={
        "choices": of_list,
        "unread": unread,
        "frame": around,
        "party": party,
        "changed": is_changed,
        "merges": is_asked,
        "student_waits": student_waits,
        "open_letters": invitation_queries.open_letters,
        "courier": letters.has_letter,
    },
    records={Role.STUDENT: STUDENT_RECORD, Role.EMPLOYER: EMPLOYER_RECORD},
    student_panels=person.PANELS,
    student_records=person.records,
    numbers={"student": STUDENT_NUMBERS, "employer": EMPLOYER_NUMBERS},
    contacts={Role.STUDENT: student_views.contact_of},
    phones={Role.STUDENT: student_views.mobile_of, Role.EMPLOYER: employer_views.mobile_of},
    homes={
        Role.STUDENT: "MyHomeView.index",
        Role.EMPLOYER: "EmployerHomeView.index",
        **dict.fromkeys(STAFF, "OfficeView.index"),
    },
    active_schools=active_schools,
    school_ids=school_ids,
    accounts_by_number=accounts_by_number,
    all_schools=all_schools,
    all_colleges=all_colleges,
    not_me=(),
    told=reached.after,
    births={
        ("placement", "submit"): destinations.birth,
        ("placement", "generate"): offline.birth,
        **{
            ("termination", step): partial(applying.birth, step)
            for step in ("request", "apply_with_proof")
        },
    },
    # -- what the trail says of acts, details and proofs
    trail_words={"account": staff_views.WORDS, "sign_in_way": campus_views.WORDS},
    trail_notes={
        "invitation": (terms_changed, invitation_views.extended, reminded),
        "placement": (terms_changed, reminded),
        "termination": (reminded,),
        "student": (changed(LABELS, TABLES),),
        "employer": (changed(EMPLOYER_LABELS, EMPLOYER_TABLES),),
        "plan_entry": (plan_detail.fields_changed,),
        "change_request": (plan_detail.fields_changed,),
        "dispute": (subject_of,),
        "sign_in_way": (campus_views.problem_of,),
    },
    staff_notes=(check_detail.in_spite,),
    proofs=acts.PROOFS,
    # -- what comes in, what goes out, what is made and kept
    sheets={sheet.name: sheet for sheet in SHEETS},
    export_sources={source.name: source for source in (lists.LISTS, layouts.PLAN, PIVOT)},
    makers={
        changes_book.CHANGES: changes_book.MAKER,
        check_making.KIND: check_making.MAKER,
        comparison_sheets.COMPARED: comparison_sheets.MAKER,
        choosing.DIFFERENCES: workbook.MAKER,
        official.FILLED: official.MAKER,
        letters.LETTERS: making.LETTER_MAKER,
        letters.COURIER: COURIER_MAKER,
        letters.BESIDE: DIFFERENCES_MAKER,
    },
    document_makers={
        printing.AGREEMENT: placement_tasks.ask_agreement,
        termination_tasks.LETTER: termination_tasks.ask_letter,
    },
    file_kinds={
        review_views.RECORD: review_views.FILES,
        origin.RECORD: origin.FILES,
        offline_evidence.RECORD: offline_evidence.FILES,
        destination_evidence.RECORD: destination_evidence.FILES,
        termination_tasks.RECORD: termination_evidence.FILES,
    },
    printed=(
        Student,
        Employer,
        School,
        College,
        Major,
        Placement,
        Terms,
        PlanEntry,
        destination_models.Destination,
        ForwardingLetter,
        Code,
    ),
    # -- the list of students; what else moves or goes with a record
    student_filters=(*narrowing.filters(Student), check_views.finding_filter(Student.id)),
    student_finds=(employers.students_of_employer,),
    student_moved=(placement_effects.follow_student,),
    with_college=(Termination, ChangeRequest, ForwardingLetter, Finding),
    only_one={
        **placement_models.ONLY_ONE,
        **invitation_models.ONLY_ONE,
        **plan_models.ONLY_ONE,
        **destination_models.ONLY_ONE,
        **offline_models.ONLY_ONE,
        **origin_models.ONLY_ONE,
    },
    spare={
        Student: (invitation_queries.SPARE_OF_STUDENT, plan_queries.SPARE),
        Employer: (invitation_queries.SPARE_OF_EMPLOYER,),
    },
    studied=studied,
    school_recoded=sign_in_follows,
    names_part=snapshots.names_part,
    # -- the list of the plan, its rows and years
    cautions=(check_detail.of_entry,),
    year_cautions=(check_detail.of_year,),
    asides=(letter_detail.of_entry,),
    makings=(work_views.MAKING,),
    plan_heads=sheets.HEADS,
    plan_further=exported("placement.terms"),
    plan_filters=(check_views.finding_filter(PlanEntry.student_id),),
    links_before=(planfile_views.plan_link,),
    links_after=(letter_views.plan_link, official_views.plan_link),
    placements_named=placement_queries.placements_named,
    terms_of_entry=placement_queries.TERMS_OF_ENTRY,
    # -- signings, destinations and their pages
    plan_values={Kind.DESTINATION: destination_effects.plan_values},
    leaving=termination_views.LEAVING,
    report_of=report_of,
)


# what lists show beside a record and only a package above knows; lower packages read none of it
RELATIONS = (
    (Message, "receiver", RECEIVER),
    (Student, "plan_row", PLAN_ROW),
    (Placement, "termination", LAST),
    (Placement, "waits_since", WAITS_SINCE),
)


def _extend_tables() -> None:
    """Guards and effects that steps have from packages above."""
    IMPORTS.extend("apply", "revert", then=checks.look_at_file)
    PLAN.extend("report", then=checks.keep_warnings)
    PLAN.extend("check", "report", first=checks.no_open_error, before=checks.look_again)
    PLAN.extend("edit", "amend", then=checks.recheck)
    PLACEMENTS.extend("submit", when=open_here)
    PLACEMENTS.extend("reopen", "undo", when=no_termination)
    PLACEMENTS.extend("give_way", then=terminations.close_with_it)
    PLACEMENTS.extend(then=keep_hints)
    TERMINATIONS.extend(then=keep_hints)
    OBJECTIONS.extend("dismiss", when=in_dispute)


def connect() -> None:
    """Once a process, before the first page or job; again it does nothing."""
    if filled():
        return
    _extend_tables()
    for model, name, relation in RELATIONS:
        inspect(model).add_property(name, relation)
    fill(REGISTRY)
    for flow in WORKFLOWS:
        flow.close()
