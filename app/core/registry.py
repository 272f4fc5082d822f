"""The one registry: what packages are told by those above them, every store named, typed and said here.

A lower package imports nothing from above. Where it needs something from there, it asks a store; all of
them are filled in one place, `app.wiring`, once a process and before the first page or job. There is no
way to add to a store afterwards, and a store that is not named here cannot be filled.

The types name what packages above hand through by words only: core knows nothing of the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

Account: TypeAlias = Any  # accounts.models.AppUser
Actor: TypeAlias = Any  # workflow.actor.Actor
Entry: TypeAlias = Any  # plan.models.PlanEntry
Line: TypeAlias = Any  # workflow.models.Trail
Link: TypeAlias = Any  # fab.declared.Link
Placement: TypeAlias = Any  # placements.models.Placement
Ids: TypeAlias = Any  # a Select of ids
Text: TypeAlias = Any  # str or a lazy translation
Pair = tuple[str, str]
Named = list[Pair]  # value and name, for a form to choose from


@dataclass(frozen=True, kw_only=True)
class Registry:
    """All stores, by who asks them; made once by `app.wiring`. A list is a tuple, a mapping is read-only."""

    # -- core
    unfit: Sequence[tuple[str, str, str]]
    """Table, question of SQL, sentence: databases that production must not serve (S-19)."""
    message_fates: Mapping[str, Any]
    """How keys of messages begin → `mail.Fate`: whether one is still wanted, and who hears that it went."""
    stale_form: Callable[[], Any]
    """The answer to a form whose token is not this session's, or None (ACC-14)."""
    denied: Callable[[int], None]
    """Hears of each 403, and of 404 at a known address."""

    # -- fab
    list_choices: Any
    """`remembered.Choices`: what a person chose for a list, kept with its account (AGR-01)."""
    shared_lists: Any
    """`settings.shared_lists.SharedLists`: narrowed lists that colleagues of a school share (AGR-19)."""
    asking: Callable[[], tuple[Hashable, Mapping[str, Any], Callable[[], Any]]]
    """What decides how the asking person's conditions are put, their values, and a context in which they
    are put with the values' names instead."""
    export_link: Callable[[Any, str, int], Link | None]
    """View, its query, how many rows (capped) → the button that exports them."""

    # -- workflow
    workflows: Mapping[str, Any]
    """Kind of record → its `engine.Workflow`."""
    bars: Sequence[Callable[[Actor, bool], str | None]]
    """Asked of whoever takes a step of any table, before its guards: the sentence why not. False when a
    button is drawn, True when the step is taken: then the answer must hold until the commit (a lock)."""
    party_guards: Sequence[Callable[[Actor, datetime], str | None]]
    """What must hold for every step of a party that binds somebody, whatever the record."""
    waivers: Sequence[Callable[[int | None, Actor], bool]]
    """School and actor → whether acts are taken there without a code (ACC-10)."""
    trail_words: Mapping[str, Mapping[str, Text]]
    """Kind of record → step → words, of acts that stand in no table."""
    trail_notes: Mapping[str, Sequence[Callable[[Line], str]]]
    """Kind of record → what the details of a line say."""
    staff_notes: Sequence[Callable[[Line], str]]
    """What the details of a line of any kind say to the office alone."""
    proofs: Mapping[str, Text]
    """Factor → how the trail says that an act was proved."""

    # -- accounts
    gates: Sequence[Callable[[Account], str | None]]
    """The one page that an account must pass before any other, or None (ACC-04, ACC-08); in this order."""
    besides: Mapping[str, Callable[..., Any]]
    """Name → the scalar that a page asks about the account asking, an actor whose ids are columns."""
    records: Mapping[str, tuple[Any, str, Callable[[], Sequence[Any]]]]
    """Role → model of the record that such an account stands for, the account's column, loader options."""
    contacts: Mapping[str, Callable[[Account], Pair | None]]
    """Role → channel and address where a code reaches the account."""
    phones: Mapping[str, Callable[[Account], str | None]]
    """Role → the mobile number for text messages about events, where there is one (NTF-01)."""
    homes: Mapping[str, str]
    """Role → endpoint of its start page."""
    active_schools: Callable[[], Named]
    """Code and name of the schools, for the sign-in by student number."""
    school_ids: Callable[[], dict[str, int]]
    """Code → id of the schools that take part."""
    accounts_by_number: Callable[[int, str], list[Account]]
    """School and number → the accounts of its records with exactly this number (CHN-08)."""
    all_schools: Callable[[], Named]
    """Id and name of the schools, for the administrator's lists and forms."""
    all_colleges: Callable[[], list[tuple[int, int, str]]]
    """School, id and name of the colleges, for the administrator's forms."""
    not_me: Sequence[Callable[[Account], tuple[Text, str] | None]]
    """Where an account reports that something in its own log was not its person: label and address."""
    told: Callable[[str, int, str, int | None], str]
    """Kind, id, step and doer of an act → the sentence whom it was told to, and whom not (NTF-05)."""
    births: Mapping[Pair, Callable[[Actor, int], Any]]
    """Kind and step → `acts.Birth`: what a step without a record stands on, for what it begins from."""

    # -- codes, bulk, exports, papers, documents
    code_loaders: Sequence[Callable[[], int]]
    """Bring further shipped tables into the database; how many rows."""
    sheets: Mapping[str, Any]
    """Name → `files.imports.sheet.Sheet` that can be imported."""
    export_sources: Mapping[str, Any]
    """Name → `files.exports.tables.Source` that can be exported."""
    makers: Mapping[str, Any]
    """Kind of paper → `files.made.making.Maker`."""
    document_makers: Mapping[str, Callable[[int], None]]
    """Kind of document → has that of the record of an id made, once however often it is asked."""
    file_kinds: Mapping[str, Any]
    """Kind of record → `files.documents.files.Kind`: who may read and change its files."""
    printed: Sequence[Any]
    """Models whose texts come to stand in documents, letters and official files (DOC-07)."""

    # -- people
    numbers: Mapping[str, Any]
    """Kind of record → `people.reveals.workflow.Subject`: whose whole numbers may be shown (ADM-10)."""
    student_filters: Sequence[Any]
    """`ListFilter`s that the list of students has besides its own."""
    student_records: Callable[[int, Actor], Sequence[Any]]
    """Student and actor → Selects of kind, id, name, state, at, until, more of each record of the student."""
    student_panels: Sequence[Any]
    """`Panel`s that the page of a student has besides its own, behind its notes (AGR-15)."""
    student_finds: Sequence[Callable[[str, Actor], list[Ids]]]
    """Selects of the ids of students that the search of that list finds besides."""
    student_moved: Sequence[Callable[..., None]]
    """Condition on students `s`, actor, its values: what else follows a student to another college."""
    with_college: Sequence[Any]
    """Models with the college of their student, which follow it without a word (ADM-09)."""
    only_one: Mapping[str, Text]
    """Name of a constraint → the sentence what of both records there can be only one (ADM-02)."""
    spare: Mapping[type, Sequence[str]]
    """Model of two records that are merged → SQL that deletes what nobody misses of `:gone`."""
    studied: Callable[[int], bool]
    """Whether anybody studies the major of that id (ADM-01)."""
    school_recoded: Callable[[Any], None]
    """A school that has another code: what follows it (ACC-03). Not committed."""
    names_part: Callable[[Any], bool]
    """Whether something without a foreign key names a college or major (PLN-08)."""

    # -- plan
    cautions: Sequence[Callable[[Entry], list[dict[str, Any]]]]
    """What is said of a row before it is reported (CHK-02)."""
    year_cautions: Sequence[Callable[[int, int], dict[str, Any]]]
    """What is said of a school's year before it is reported (PLN-06)."""
    asides: Sequence[Callable[[Entry], tuple[Text, list[tuple[Text, Any]]] | None]]
    """What stands beside a row on its page: title and facts."""
    makings: Sequence[Any]
    """`plan.rows.detail.Making`s: what the ticked rows can be made into."""
    plan_heads: Mapping[str, tuple[Text, str]]
    """Column of the list → header and official name by which its import takes it back (BLK-08)."""
    plan_further: Mapping[str, Any]
    """Further columns of the list's export, by dotted names: `signing.terms.queries.Exported` (F-59)."""
    plan_filters: Sequence[Any]
    """`ListFilter`s that the list has besides its own."""
    links_before: Sequence[Callable[[Any], Link | None]]
    """Links in the head of the list before the plan's own; asked with FAB's manager of rights."""
    links_after: Sequence[Callable[[Any], Link | None]]
    """The same, after them."""
    placements_named: Callable[[str], Ids]
    """The ids of the placements whose employer is called so."""
    terms_of_entry: str
    """SQL that joins to the row `e` of the plan the terms `t` that it stands on."""

    # -- placements, destinations, invitations
    plan_values: Mapping[str, Callable[[Placement], dict[str, Any]]]
    """Kind of placement → what it adds to the plan row (PLN-01)."""
    leaving: Any
    """`signing.destinations.detail.Leaving`: how a destination in force is left (DST-03)."""
    report_of: Callable[[Any], dict[str, Any]]
    """What the student's page of an invitation or signing says of reporting it as untrue (INV-20)."""

    def __post_init__(self) -> None:
        """Nobody adds to a store by way of what it was made from."""
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is list:
                object.__setattr__(self, field.name, tuple(value))
            elif type(value) is dict:
                object.__setattr__(self, field.name, MappingProxyType(value))


_filled: list[Registry] = []


def filled() -> bool:
    """Whether this process is wired."""
    return bool(_filled)


def fill(registry: Registry) -> None:
    """Once a process. Raises RuntimeError afterwards."""
    if _filled:
        raise RuntimeError(
            "the registry is filled: what one feature adds to another is in app/wiring.py"
        )
    _filled.append(registry)


def stores() -> Registry:
    """All stores. Raises RuntimeError in a process that was not wired (`app.wiring.connect`)."""
    if not _filled:
        raise RuntimeError("nothing is wired yet: app.wiring.connect comes first")
    return _filled[0]
