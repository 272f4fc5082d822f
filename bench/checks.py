"""What the checks and the reports cost. `python -m bench checks [rows]`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.accounts.models import AppUser
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.identity import id_number_mark
from app.plan.checks import sync
from app.plan.checks.detail import checks
from app.plan.reports import flow, queries
from app.plan.reports.queries import Cut
from app.signing.placements.models import Placement
from app.workflow.actor import Role
from bench import batches, data
from bench.measure import Counter, browser, getting, measure, memory
from bench.server import server, timed
from tests import factories as make

CHECKED = 50_000  # rows of the one school and year that is checked
# the biggest school has one year; rows get the facts of their placements, a few of each hundred faulty
SPREAD = (
    "SET session_replication_role = replica",
    f"UPDATE student SET graduation_year = 2027, sex = (2 - id % 2)::text WHERE id <= {CHECKED}",
    f"UPDATE placement SET graduation_year = 2027 WHERE id <= {CHECKED}",
    """UPDATE trail SET address = '10.0.' || (record_id / 250) % 256 || '.' || record_id % 250,
         device = 'phone', step = 'accept', actor_role = 'student',
         at = now() - record_id * interval '1 minute' WHERE kind = 'invitation'""",
    """UPDATE plan_entry e SET graduation_year = p.graduation_year,
         destination_code = (ARRAY['10','11','12','76','801','85','700','71'])[1 + e.student_id % 8],
         credit_code = p.employer_credit_code, employer_kind = '39', industry = '34',
         location = CASE e.student_id % 50 WHEN 0 THEN '420100' ELSE '420111' END, position_kind = '13',
         contact_phone = '027' || (80000000 + e.student_id % 9000)::text,
         address = '湖北省武汉市洪山区' || e.student_id % 9000 || '号'
       FROM placement p WHERE p.id = e.placement_id""",
    "UPDATE student SET examinee_no = '2342' || lpad((id - (id % 500 = 0)::int)::text, 10, '0')",
    "SET session_replication_role = DEFAULT",
)
FLOOR = """SELECT count(*), sum(length(concat_ws('', s.name, e.employer_name, e.credit_code, e.address)))
  FROM student s LEFT JOIN plan_entry e ON e.student_id = s.id LEFT JOIN placement p ON p.id = e.placement_id
  WHERE s.school_id = 1 AND s.graduation_year = 2027"""


def seal() -> int:
    """Sealed ID numbers for the students of the year: one of a hundred has a wrong mark."""
    rows = db.session.execute(
        text("SELECT id, uid FROM student WHERE school_id = 1 AND graduation_year = 2027")
    ).all()
    sealed, keys = [], []
    for row in rows:
        first = f"9999992004{1 + row.id % 12:02d}{1 + row.id % 28:02d}{row.id % 1000:03d}"
        number = first + id_number_mark(first) if row.id % 100 else first + "Y"
        sealed.append(cipher().encrypt(number, f"Student.id_number:{row.uid}"))
        keys.append(cipher().blind_index("id_number", f"{row.id}"))
    db.session.execute(
        text("""UPDATE student s SET id_number_sealed = v.sealed, id_number_index = v.key
          FROM unnest(CAST(:ids AS int[]), CAST(:sealed AS bytea[]), CAST(:keys AS bytea[])) v(id, sealed, key)
          WHERE v.id = s.id"""),
        {"ids": [row.id for row in rows], "sealed": sealed, "keys": keys},
    )
    return len(rows)


def codes() -> None:
    """Valid credit codes for the employers; one of a hundred is wrong."""
    right = [make.credit_code(n) if n % 100 else f"B{n:017d}" for n in range(1, data.EMPLOYERS + 1)]
    for table in ("employer", "placement"):
        db.session.execute(text("SET session_replication_role = replica"))
        name = "credit_code" if table == "employer" else "employer_credit_code"
        key = "id" if table == "employer" else "employer_id"
        db.session.execute(
            text(f"UPDATE {table} SET {name} = (CAST(:codes AS text[]))[{key}]"), {"codes": right}
        )
    db.session.execute(
        text("""UPDATE plan_entry e SET credit_code = p.employer_credit_code
      FROM placement p WHERE p.id = e.placement_id""")
    )
    db.session.execute(text("SET session_replication_role = DEFAULT"))
    db.session.commit()


def analyse() -> None:
    """As autovacuum would have done by then."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def people() -> dict[str, int]:
    """One officer, one of the province."""
    officer = make.make_user(Role.SCHOOL, "bench-officer", school_id=1)
    province = make.make_user(Role.PROVINCE, "bench-province")
    db.session.commit()
    return {"officer": officer.id, "province": province.id}


def run(url: str, folder: Path, rows: int) -> None:
    """Build, check, report."""
    data.PLACEMENTS, data.BIGGEST = rows, CHECKED
    app = batches.load(url, folder)
    counter = Counter()
    with app.app_context():
        data.build()
        for statement in SPREAD:
            db.session.execute(text(statement))
        db.session.commit()
        seal()
        db.session.commit()
        codes()
        analyse()
        who = people()
        before = memory()
        floor = timed("floor: the rows read once", lambda: db.session.execute(text(FLOOR)).one(), 3)
        timed("sealed numbers read", lambda: sync.learn(1, 2027))
        first = timed("all rules, first run", lambda: sync.run(1, 2027))
        second = timed("all rules, second run", lambda: sync.run(1, 2027), 3)
        print(
            db.session.execute(
                text("SELECT rule, count(*) FROM finding GROUP BY 1 ORDER BY 1")
            ).all()
        )
        ids = [20 * n + 2 for n in range(30)]
        placements = [db.session.get_one(Placement, n) for n in ids]
        one = timed(
            "the rules of one record, 30 times", lambda: [len(checks(p)) for p in placements], 3
        )
        timed("findings of one edited row", lambda: sync.refresh([22], 1, 2027), 3)
        print(
            f"\n{CHECKED:,} rows: {first:.2f} s, then {second:.2f} s ({second / floor:.0f}× the floor); "
            f"one record {one / 30 * 1000:.1f} ms; process +{(memory() - before) / 1024:.0f} MB"
        )
        province = make.actor(db.session.get_one(AppUser, who["province"]))
        officer = make.actor(db.session.get_one(AppUser, who["officer"]))
        for by in ("school", "college", "major", "education", "year"):
            timed(
                f"rate by {by}, all schools",
                lambda by=by: len(queries.live(province, Cut(2027, by))),
                3,
            )
        span = flow.span_of(officer, None, None, None)
        for part in (flow.days, flow.reviewers, flow.waiting, flow.invitations, flow.terminations):
            timed(f"flow: {part.__name__}", lambda part=part: len(part(span)), 3)
        timed("flow: service", lambda: len(flow.service(span, 2027)), 3)
        assert clock.now()
    pages(app, who, counter)


def pages(app: Any, who: dict[str, int], counter: Counter) -> None:
    """The pages over 200,000 graduates."""
    desk, province = browser(app, who["officer"]), browser(app, who["province"])
    print(f"\n{'':40}{'CPU ms':>8}{'wall ms':>9}{'queries':>9}")
    for label, client, url in (
        ("rates of a school by college", desk, "/reports/rate?year=2027"),
        ("rates of all schools", province, "/reports/rate?year=2027&by=school"),
        ("rates of all schools by year", province, "/reports/rate?by=year"),
        ("flow of work", desk, "/reports/flow"),
        ("graduates behind a figure", desk, "/reports/graduates/list/?f_year=2027&f_part=settled"),
        ("findings by college", desk, "/checks/"),
        ("list of findings", desk, "/checks/findings/list/?tab=warning"),
        ("desk detail with its hints", desk, "/desk/show/22"),
    ):
        figure = measure(label, getting(client, url), counter, 10)
        print(f"{label:40}{figure.cpu:8.1f}{figure.wall:9.1f}{figure.statements:9}")


def main(rows: int = 200_000) -> None:
    """Build, measure, print."""
    with server() as (url, folder):
        run(url, folder, rows)
