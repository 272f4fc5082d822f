"""Terms are declared once: what is declared is asked, shown, compared, exported and printed (INV-05, DOC-01)."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from werkzeug.datastructures import MultiDict

from app.files.documents.editions import whole
from app.files.documents.render import render
from app.people.employers.models import Employer
from app.signing.invitations.forms import LetterForm
from app.signing.placements.printing import agreement_data
from app.signing.terms import queries
from app.signing.terms.forms import TermsPart, fields_of
from app.signing.terms.models import (
    FIELDS,
    OFFER,
    ON_PAPER,
    PARTS,
    TermField,
    Terms,
    asked,
    differences,
)
from app.signing.terms.queries import exported, printed, printed_values, samples
from tests import factories as make
from tests.files.documents.conftest import text_of
from tests.signing.offline.paper import approved

RECEIVED = {field.only_if: "UNIT" for field in FIELDS if field.only_if}
ROOT = Path(__file__).resolve().parents[2]


EXTRA = TermField("extra_months", "附加期限", OFFER, "int", 36, unit="个月", high=120)


def own(field: TermField, n: int) -> object:
    """A value of a term that no other term has, nor anything else on the page."""
    values = {
        "text": f"独有的文字{make.called(n)}",
        "money": 400_000 + n,
        "days": field.low + n,
        "int": field.low + n,
        "phone": f"027876500{n:02d}",
        "postcode": f"4399{n:02d}",
    }
    return values.get(field.kind, samples()[field.name])


def all_terms() -> dict:
    """Terms of which every one counts and can be told from every other."""
    return samples(
        **RECEIVED, **{f.name: own(f, n) for n, f in enumerate(FIELDS) if f.name not in RECEIVED}
    )


def unprinted(data: dict, fields) -> list[str]:
    """Which of the terms a printed agreement lacks, by name or by value."""
    text = text_of(render("agreement", data))
    lacking = []
    for part, key, label, unit in (
        (cell["part"], cell["key"], cell["label"], cell["unit"])
        for group in printed(bool(data["paper"]))
        for row in group["rows"]
        for cell in row
    ):
        value = data[part][key]
        said = f"{value}{unit}" if value.replace(",", "").isdecimal() else value
        if "".join(label.split()) not in text or "".join(said.split()) not in text:
            lacking.append(f"{part}.{key}")
    laid = {f"{c['part']}.{c['key']}" for g in data["agreed"] for row in g["rows"] for c in row}
    return lacking + [f.place for f in fields if f.at and f.place not in laid]


@pytest.fixture
def letter(cast):
    """An open invitation with all terms."""
    return make.invite(cast.employer, cast.student, **all_terms())[0]


@pytest.mark.rule("DOC-01", "DOC-08", "INV-05")
@pytest.mark.parametrize("full", [False, True], ids=["masked", "full"])
def test_every_declared_term_is_on_the_online_agreement(cast, letter, full):
    placement = make.accept(letter)
    data = agreement_data(placement, "")
    data = whole(data, cast.student) if full else data
    assert not unprinted(data, FIELDS)
    values = [data[part][key] for part, key in (f.place.split(".") for f in FIELDS)]
    assert all(values)


@pytest.mark.rule("DOC-01", "OFF-04", "INV-05")
def test_every_declared_term_of_paper_is_on_the_sheet_to_be_stamped(cast):
    terms = make.typed({f.name: all_terms()[f.name] for f in ON_PAPER})
    data = agreement_data(approved(cast.student, cast.officer, **terms), "")
    assert not unprinted(data, ON_PAPER)
    laid = {cell["key"] for group in data["agreed"] for row in group["rows"] for cell in row}
    assert laid.isdisjoint({field.key for field in FIELDS} - {field.key for field in ON_PAPER})


@pytest.mark.rule("DOC-01")
def test_a_term_that_the_sheet_leaves_out_is_missed(cast, letter):
    data = agreement_data(make.accept(letter), "")
    for group in data["agreed"]:
        for row in group["rows"]:
            row[:] = [cell for cell in row if cell["key"] != "report_place"]
    assert set(unprinted(data, FIELDS)) == {"terms.report_place"}


@pytest.mark.parametrize("paper", [False, True])
def test_every_row_of_the_agreement_fills_its_three_columns(session, paper):
    rows = [row for group in printed(paper) for row in group["rows"]]
    assert {sum(cell["columns"] for cell in row) for row in rows} == {3}


def test_a_new_term_is_printed_without_being_given_a_place(session, monkeypatch):
    monkeypatch.setattr(queries, "FIELDS", (*FIELDS, EXTRA))
    rows = queries.printed(paper=False)[0]["rows"]
    assert rows[-1][-1] | {"columns": 0} == {
        "part": "terms",
        "key": "extra_months",
        "columns": 0,
        "unit": "个月",
        "label": "附加期限",
    }
    assert {sum(cell["columns"] for cell in row) for row in rows} == {3}


@pytest.mark.rule("DOC-04")
def test_a_version_older_than_a_term_prints_and_digests_as_it_did(session, monkeypatch):
    old = SimpleNamespace(**dict.fromkeys(f.name for f in FIELDS) | samples(2027))
    before = {part: printed_values(old, group, 2027) for group, part in PARTS.items()}
    old.extra_months = None
    for module in ("app.signing.terms.queries", "app.signing.terms.models"):
        monkeypatch.setattr(f"{module}.FIELDS", (*FIELDS, EXTRA))
    assert before == {part: printed_values(old, group, 2027) for group, part in PARTS.items()}
    assert not asked(EXTRA, queries.values_of(old))


@pytest.mark.rule("INV-05", "INV-15", "INV-24", "AGR-03")
def test_every_term_is_asked_shown_and_compared(cast, letter, visit):
    asked_for = visit(make.account(cast.employer)).get(f"/employer/invitations/{letter.id}/edit")
    placement = make.accept(letter)  # some hours later
    employer, student = visit(make.account(cast.employer)), visit(make.account(cast.student))
    pages = {
        "form": asked_for.text,
        "letter": student.get(f"/my/invitations/{letter.id}").text,
        "detail": student.get(f"/my/signings/{placement.id}").text,
        "employer": employer.get(f"/employer/invitations/show/{letter.id}").text,
        "desk": visit(cast.officer).get(f"/desk/show/{placement.id}").text,
    }
    for name, page in pages.items():
        assert not [str(f.label) for f in FIELDS if str(f.label) not in page], name
    other = Terms(**{f.name: None for f in FIELDS})
    assert [f for f, _old, _new in differences(placement.terms, other)] == list(FIELDS)


@pytest.mark.rule("INV-18", "AGR-01")
def test_every_term_is_a_column_of_the_desks_export():
    assert [name.split(".")[-1] for name in exported("terms")] == [f.name for f in FIELDS]


@pytest.mark.rule("INV-05")
@pytest.mark.parametrize(
    "kind", ["text", "int", "money", "days", "date", "phone", "postcode", "code", "region"]
)
def test_a_term_that_is_not_required_may_be_left_empty_and_one_that_is_may_not(app, kind):
    for required in (True, False):
        field = TermField(
            "extra",
            "附加约定",
            OFFER,
            kind,
            "",
            table="gzzwlb",
            high=9,
            length=20,
            required=required,
        )
        asks = (field,)
        form_class = type("OneForm", (TermsPart,), {"asks": asks, **fields_of(asks)})
        with app.test_request_context():
            form = form_class(MultiDict({"extra": ""}), meta={"csrf": False})
            assert form.validate() is not required
            assert form.extra.flags.required is (True if required else None)
            assert form.values() == {"extra": None} or required


def test_every_term_has_a_column_and_every_column_of_the_parties_a_term():
    own_columns = {"id", "previous_id", "created_at", "created_by"}
    columns = {column.name for column in Terms.__table__.columns}
    assert columns - own_columns == {field.name for field in FIELDS}
    for field in FIELDS:
        column = Terms.__table__.columns[field.name]
        assert not field.length or column.type.length == field.length, field.name
        assert not field.only_if or column.nullable, field.name


@pytest.mark.rule("INV-05", "ACC-08")
def test_the_samples_pass_the_letters_own_form(cast):
    values = make.typed(samples(**RECEIVED))
    form = LetterForm(MultiDict(values), years=[2027], meta={"csrf": False})
    assert form.validate(), form.errors
    assert form.values() == samples(**RECEIVED)
    assert all(hasattr(Employer, f.profile) for f in FIELDS if f.profile)


# -- no fixture spells them out ------------------------------------------------------------------------

# without what an employer's profile has under the same name
NAMES = {field.name for field in FIELDS if not hasattr(Employer, field.name)}
MOST = 6  # changes that a test makes of the samples


def spelled(source: str) -> list[int]:
    """Lines at which a text of Python gives more than a few terms their values, one by one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            names = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        elif isinstance(node, ast.Call):
            names = [keyword.arg for keyword in node.keywords]
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            pairs = [pair.elts for pair in node.elts if isinstance(pair, ast.Tuple) and pair.elts]
            names = [first.value for first, *_rest in pairs if isinstance(first, ast.Constant)]
            names = names if len(names) == len(set(names)) else []  # faulty values of one field
        else:
            continue
        if len(NAMES.intersection(names)) > MOST:
            found.append(node.lineno)
    return found


def test_no_fixture_and_no_demo_spells_the_terms_out():
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "app" / "demo").rglob("*.py")]
    assert not [f"{f.relative_to(ROOT)}:{n}" for f in files for n in spelled(f.read_text())]


def test_terms_spelled_out_would_be_found():
    one_by_one = ", ".join(f"{name!r}: 1" for name in sorted(NAMES))
    for text in (
        f"x = {{{one_by_one}}}",
        f"f(**{{}}, {one_by_one.replace(': ', '=').replace(chr(39), '')})",
        f"x = ({', '.join(f'({n!r}, 1)' for n in sorted(NAMES))})",
    ):
        assert spelled(text) == [1]
