"""The one table of rules: severity, sentence, condition in SQL, and what a rule needs (CHK-01).

A condition reads `b`, a line of `check_base`: one line a graduate with the person's part and the
destination of the plan row. RECORD rules need that line only, YEAR rules all lines of the year, DESK
rules are hints beside a decision. `facts` fill the sentence; while they stay the same an acceptance
counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.codes import shipped
from app.core.checks import CREDIT_ALPHABET, credit_code_weights
from app.core.statements import Statements
from app.people.students import fields
from app.plan.checks import signs
from app.plan.checks.models import Severity
from app.plan.checks.year_rules import SQL as OF_YEAR
from app.plan.rows.models import OFFICIAL


class Needs(StrEnum):
    """What a rule looks at."""

    RECORD = "record"
    YEAR = "year"
    DESK = "desk"


@dataclass(frozen=True)
class Rule:
    """One rule. `title` names it in lists and traces, `sentence` says what is wrong and what to do.

    `where` is a condition on `b`, or for YEAR a SELECT of (student_id, facts) or (college_id, facts).
    `fine` is what the desk says where the rule `applies` and is met. An error that can be `accepted`
    as it is does not bar the report then. A sign of surrogate signing
    `asks` something of the student, and its SELECT serves the pass and the desk. `mends` are the fields
    by which it is mended, beside those that its facts name (CHK-02).
    """

    name: str
    severity: Severity
    needs: Needs
    title: Any
    sentence: Any
    where: str
    facts: dict[str, str] = field(default_factory=dict)
    applies: str = "true"
    fine: Any = ""
    desk: bool = True
    of_college: bool = False
    asks: Any = ""
    accepted: bool = True
    mends: str = ""

    @property
    def is_sign(self) -> bool:
        """Whether it is a sign that somebody else acted for a party (CHK-01)."""
        return bool(self.asks)


ID_FAULTS = {
    "form": _l("it has not 18 characters"),
    "kind": _l("a document of this kind has no such number"),
    "mark": _l("its last character does not fit"),
    "born": _l("there is no such birth date"),
    "age": _l("nobody of that birth date graduates"),
}
ERROR, WARNING, HINT = Severity.ERROR, Severity.WARNING, Severity.HINT
RECORD, YEAR, DESK = Needs.RECORD, Needs.YEAR, Needs.DESK


SQL = Statements(__file__, "rules.sql")


def _unknown(columns: dict[str, str]) -> str:
    """The columns whose code its table of the year's edition does not know, as a text."""
    return ", ".join(
        SQL.sql("unknown", column=column, table=table) for column, table in columns.items()
    )


def _listed(parts: str) -> str:
    return f"concat_ws(' ', {parts})"


# who came from a region that is no more came from there (F-53)
_FORMER = ", ".join(f"'{code}'" for code in shipped.former_regions())
_ORIGIN = SQL.sql("no_region", column="origin", there=f"NOT IN ({_FORMER})")
_STUDENT_CODES = _listed(f"{_unknown(fields.TABLES)}, {_ORIGIN}")
_ROW_CODES = _listed(
    _unknown(
        {
            "destination_code": "byqx",
            "employer_kind": "dwxz",
            "industry": "dwhy",
            "position_kind": "gzzwlb",
        }
    )
    + ", "
    + SQL.sql("no_region", column="location", there="IS NOT NULL")
)
_MISSING = _listed(
    ", ".join(
        f"CASE WHEN '{name}' = ANY(b.needs) AND coalesce(b.{name}, '') = '' THEN '{name}' END"
        for name in OFFICIAL
        if name != "destination_code"
    )
)
_SUM = " + ".join(
    f"(strpos('{CREDIT_ALPHABET}', substr(b.credit_code, {n}, 1)) - 1) * {weight}"
    for n, weight in enumerate((*credit_code_weights(), 1), 1)
)
BAD_CREDIT_CODE = (
    f"b.credit_code IS NOT NULL AND NOT (b.credit_code ~ '^[{CREDIT_ALPHABET}]{{18}}$' "
    f"AND ({_SUM}) % 31 = 0)"
)
_CHECKED_BY = SQL.sql("checked_by")
_SIGNED = "b.kind <> 'destination'"
# years of study against the days between enrolment and graduation; a year off is asked about
_STUDIED = "(b.graduates_on - b.enrolled_on) / 365.25"
_SPAN = f"""CASE WHEN b.study_years ~ '^[1-9]([.]5)?$' AND b.graduates_on > b.enrolled_on
  THEN abs({_STUDIED} - CAST(b.study_years AS numeric)) > 0.6 END"""
_COMMITTED = """coalesce(b.committed_to, '') = ''
  AND (b.training_mode IN ('2', '4') OR b.teacher_training = '12')"""
_year = OF_YEAR.sql

RULES: tuple[Rule, ...] = (
    # what only the desk asks
    Rule("mode", HINT, DESK, _l("the training mode is not open"), _l("Training mode: %(mode)s"),
         "b.training_mode <> '1'", {"mode": "b.training_mode"}, _SIGNED,
         _l("Training mode: %(mode)s")),
    # the person
    Rule("origin", ERROR, RECORD, _l("the origin record is not approved"),
         _l("Origin record: %(state)s. No figure counts this graduate, and the row cannot be reported: "
            "approve the record first."), "b.origin_state <> 'approved'",
         {"state": "b.origin_state"}, fine=_l("Origin record: %(state)s"), accepted=False),
    Rule("id_missing", WARNING, RECORD, _l("ID number missing"),
         _l("The student has no ID number. Add it to the origin record."),
         "b.id_number_index IS NULL", desk=False,
         mends="id_number"),
    Rule("id_number", ERROR, RECORD, _l("ID number wrong"),
         _l("The ID number is wrong: %(fault)s. Compare it with the card and correct it."),
         "b.id_fault <> ''", {"fault": "b.id_fault"},
         mends="id_number"),
    Rule("id_sex", ERROR, RECORD, _l("ID number and sex"),
         _l("By the ID number the sex is “%(by_number)s”, the origin record says “%(sex)s”."),
         "b.id_sex <> '' AND b.sex <> '' AND b.id_sex <> b.sex",
         {"by_number": "b.id_sex", "sex": "b.sex"},
         mends="sex id_number"),
    Rule("id_birth", ERROR, RECORD, _l("ID number and birth date"),
         _l("The birth date of the origin record is not the one that the ID number says. Correct the one "
            "that is wrong."), "b.birth_date_index <> b.born_index", desk=False,
         mends="birth_date id_number"),
    Rule("id_twice", ERROR, YEAR, _l("ID number used twice"),
         _l("%(count)s graduates of the year have this ID number."), _year("id_twice"),
         mends="id_number"),
    Rule("examinee_missing", WARNING, RECORD, _l("Candidate number missing"),
         _l("The student has no candidate number. Add it to the origin record."),
         "coalesce(b.examinee_no, '') = ''", desk=False,
         mends="examinee_no"),
    Rule("examinee_twice", ERROR, YEAR, _l("Candidate number used twice"),
         _l("%(count)s graduates of the year have the candidate number %(number)s."), _year("examinee"),
         mends="examinee_no"),
    Rule("phone_shared", WARNING, YEAR, _l("One phone of several students"),
         _l("%(count)s students gave the same phone. Ask them for their own."), _year("phone"),
         mends="phone"),
    Rule("student_codes", ERROR, RECORD, _l("Unknown code of the student"),
         _l("The code tables of the year do not know these values: %(fields)s."),
         f"{_STUDENT_CODES} <> ''", {"fields": _STUDENT_CODES}, desk=False),
    Rule("study_order", ERROR, RECORD, _l("Graduation before enrolment"),
         _l("Enrolled on %(begins)s, graduates on %(ends)s: the second must be later."),
         "b.graduates_on <= b.enrolled_on", {"begins": "b.enrolled_on", "ends": "b.graduates_on"},
         desk=False, mends="enrolled_on graduates_on"),
    Rule("study_span", WARNING, RECORD, _l("Years of study and dates"),
         _l("From %(begins)s to %(ends)s are not the %(years)s years of the programme. Correct what is "
            "wrong; where the student took longer, accept it."), _SPAN,
         {"begins": "b.enrolled_on", "ends": "b.graduates_on", "years": "b.study_years"},
         desk=False, mends="study_years enrolled_on graduates_on"),
    Rule("graduation_day", WARNING, RECORD, _l("Graduation date outside the year"),
         _l("The graduation date %(ends)s does not lie in the graduation year %(year)s."),
         "extract(year FROM b.graduates_on) <> b.graduation_year",
         {"ends": "b.graduates_on", "year": "b.graduation_year"}, desk=False,
         mends="graduates_on graduation_year"),
    Rule("committed", WARNING, RECORD, _l("Trained for a unit that is not named"),
         _l("Who is trained for a unit needs its name: fill in “Committed or commissioned to” (training "
            "mode: %(mode)s)."), _COMMITTED, {"mode": "b.training_mode"}, desk=False,
         mends="committed_to training_mode teacher_training"),
    Rule("gaps", WARNING, YEAR, _l("Columns of the layout empty"),
         _l("Most graduates of the year have these, this one has not: %(fields)s."), _year("gaps")),
    # the destination
    Rule("codes", ERROR, RECORD, _l("Unknown code of the row"),
         _l("The code tables of the year do not know these values: %(fields)s."),
         f"{_ROW_CODES} <> ''", {"fields": _ROW_CODES}),
    Rule("missing", ERROR, RECORD, _l("Fields missing"),
         _l("The destination code %(code)s needs more: %(fields)s."), f"{_MISSING} <> ''",
         {"code": "b.destination_code", "fields": _MISSING}),
    Rule("credit_code", WARNING, RECORD, _l("the credit code is wrong"),
         _l("Credit code is wrong: %(code)s"), BAD_CREDIT_CODE, {"code": "b.credit_code"},
         "b.credit_code IS NOT NULL", _l("Credit code is valid"),
         mends="credit_code"),
    Rule("nature", WARNING, RECORD, _l("nature and credit code do not go together"),
         _l("The nature “%(nature)s” does not go with a credit code that begins with %(prefix)s."),
         "b.employer_kind IN (SELECT nature FROM (VALUES {natures}) n(nature, prefix)) AND "
         "b.credit_code ~ '^[0-9A-Z]{18}$' AND (b.employer_kind, left(b.credit_code, 2)) NOT IN "
         "(VALUES {natures})", {"nature": "b.employer_kind", "prefix": "left(b.credit_code, 2)"},
         mends="employer_kind credit_code"),
    Rule("region_level", WARNING, RECORD, _l("region not of county level"),
         _l("The region %(region)s is no county or district. Choose one inside it."), SQL.sql("no_county"),
         {"region": "b.location"},
         mends="location"),
    Rule("region_address", WARNING, RECORD, _l("address and region do not go together"),
         _l("The address “%(address)s” does not lie in %(region)s."), SQL.sql("elsewhere"),
         {"address": "b.address", "region": "b.location"},
         mends="location address"),
    Rule("proof", WARNING, RECORD, _l("a proof is missing"),
         _l("A proof that this destination asks for is not there."), SQL.sql("no_proof")),
    Rule("credit_names", WARNING, YEAR, _l("One credit code, several names"),
         _l("The credit code %(code)s stands with %(count)s names: %(names)s."), _year("names"),
         mends="employer_name credit_code"),
    Rule("employer_differs", WARNING, YEAR, _l("Employer unlike its approved rows"),
         _l("Unlike most approved rows of this employer: %(fields)s."), _year("differs")),
    Rule("small_employer", WARNING, YEAR, _l("Many graduates at a small employer"),
         _l("%(count)s graduates at one small employer: %(name)s."), _year("small")),
    Rule("contact_shared", WARNING, YEAR, _l("One telephone of several employers"),
         _l("%(count)s employers have the telephone %(phone)s."), _year("contact"),
         mends="contact_phone"),
    Rule("address_shared", WARNING, YEAR, _l("One address of several employers"),
         _l("%(count)s employers have the address “%(address)s”."), _year("address"),
         mends="address"),
    Rule("accepts", WARNING, YEAR, _l("Accepted from one device"),
         _l("%(count)s students accepted within minutes from one address and device. Ask whether "
            "they signed themselves."), _year("accepts")),
    Rule("flexible", WARNING, YEAR, _l("Unusual share of flexible kinds"),
         _l("%(share)s %% of the college's %(count)s settled graduates are in flexible kinds."),
         _year("flexible"), of_college=True),
    Rule("employer", HINT, DESK, _l("no school has checked the employer"),
         _l("Employer not checked by any school"), f"{_CHECKED_BY} IS NULL",
         {"school": _CHECKED_BY}, _SIGNED, _l("Employer checked by %(school)s")),
    Rule("only_one", HINT, DESK, _l("the student has another placement"),
         _l("The student has another placement"), SQL.sql("has_other"),
         fine=_l("Only placement of the student")),
)  # fmt: skip


def _sign(name: str, title: object, sentence: object, asks: object, statement: str) -> Rule:
    return Rule(name, WARNING, YEAR, title, sentence, signs.SQL.sql(statement), asks=asks)


SIGNS = (
    _sign("sign_changed", _l("A way in changed before the act"),
          _l("%(act)s (%(party)s) on %(at)s; %(days)s days before, %(who)s had replaced the "
             "%(channel)s of the account (%(source)s), and nothing of the person's own spoke for it."),
          _l("Call the former number, or ask the person to come: did you want this change, and was "
             "this act yours?"), "changed"),
    _sign("sign_device", _l("Done on a browser of the staff"),
          _l("%(act)s (%(party)s) on %(at)s came from a browser in which %(who)s, a member of staff, "
             "was at work within a day."),
          _l("Where and on whose device did you do this? Was somebody of the school beside you?"),
          "staff_device"),
    _sign("sign_address", _l("Done from an address of the staff"),
          _l("%(act)s (%(party)s) on %(at)s came from %(address)s, where %(who)s, a member of staff, "
             "was at work within a day, on a browser new to the account."),
          _l("Where and on whose device did you do this? Was somebody of the school beside you?"),
          "staff_address"),
    _sign("sign_first", _l("Done right after the first sign-in"),
          _l("%(act)s on %(at)s, %(minutes)s minutes after the first sign-in."),
          _l("Who set up the account, with which phone? What does the letter say of work and pay?"),
          "first_sign_in"),
    _sign("sign_together", _l("Several students on one device"),
          _l("%(act)s on %(at)s: %(count)s students acted on this device one after another."),
          _l("On whose device did you do this, and who held it?"), "one_device"),
    _sign("sign_row", _l("One after another on fresh browsers"),
          _l("%(act)s on %(at)s: %(count)s students acted from %(address)s within minutes, each on a "
             "new browser of the same kind."),
          _l("On whose device did you do this, and who held it?"), "in_a_row"),
    _sign("sign_parties", _l("Both parties on one device"),
          _l("%(act)s on %(at)s came from the browser in which the employer acted."),
          _l("Was the employer's device lent to you, and who entered the code?"),
          "both_parties"),
    _sign("sign_mail", _l("The student's e-mail is a staff account's"),
          _l("%(act)s on %(at)s; the student's e-mail address is the one of %(who)s, a member of "
             "staff: codes for the student arrive there."),
          _l("Which is your own e-mail address? Did a code reach you?"), "staff_mail"),
    _sign("sign_loosened", _l("A rule of the school loosened before the act"),
          _l("%(act)s on %(at)s; %(days)s days before, “%(setting)s” had been made looser "
             "(%(who)s)."),
          _l("Did you have the time to think it over, and was this act yours?"), "loosened"),
)  # fmt: skip
RULES = (*RULES, *SIGNS)
BY_NAME = {rule.name: rule for rule in RULES}
HINTS = {rule.name: rule.title for rule in RULES}  # what the trace says of a hint
