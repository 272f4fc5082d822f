"""What a page of the reports costs over all graduates of one year. `python -m bench reports [graduates]`.

CPU of the web process and of the database for it: each page is asked for on a warm cache, the fastest of
some rounds taken. A province asks, so every graduate is in every figure.
"""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import text

from app.core.db import db
from app.workflow.actor import Role
from bench import batches, data
from bench.measure import Counter, browser, getting
from bench.server import server
from tests import factories as make

GRADUATES, ROUNDS = 450_000, 5
# a year's graduates as a plan has them: most settled, all over the country, with all that a report groups by
SPREAD = (
    "SET session_replication_role = replica",
    """UPDATE student SET graduation_year = 2027, sex = (1 + id % 2)::text,
       education = (ARRAY['31', '31', '31', '11', '61'])[1 + id % 5],
       origin = (ARRAY['420100', '430100', '110101', '650100'])[1 + id % 4]""",
    """UPDATE plan_entry SET graduation_year = 2027,
       destination_code =
         (ARRAY['10', '10', '10', '11', '12', '801', '802', '76', '70', '271'])[1 + student_id % 10],
       employer_kind = (ARRAY['10', '31', '39', '20', '22'])[1 + student_id % 5],
       industry = (ARRAY['10', '31', '34', '65', '71', '82'])[1 + student_id % 6],
       position_kind = (ARRAY['10', '13', '20', '24'])[1 + student_id % 4],
       location = (ARRAY['420111', '420500', '110105', '440305', '310115', '430102'])[1 + student_id % 6],
       sources = '{"destination_code": "signing"}'""",
    "UPDATE terms SET regular_pay = 2500 + id % 20 * 1000",
    "SET session_replication_role = DEFAULT",
)
PAGES = (
    "/reports/rate?year=2027",
    "/reports/rate?year=2027&by=major",
    "/reports/where?year=2027",
    "/reports/cross?year=2027&down=industry&across=region",
    "/reports/cross?year=2027&down=college&across=band",
    "/reports/flow?school=1",
    "/reports/trend?year=2027&school=1",
    "/office/",
)


def build() -> None:
    """The graduates, and the statistics that autovacuum would have."""
    data.build()
    for statement in SPREAD:
        db.session.execute(text(statement))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (FULL, ANALYZE) plan_entry"))
        connection.execute(text("VACUUM (FULL, ANALYZE) student"))
        connection.execute(text("VACUUM ANALYZE"))


def run(url: str, folder: Path) -> None:
    """Build, open each page, print."""
    app = batches.load(url, folder)
    counter = Counter()
    with app.app_context():
        build()
        who = make.make_user(Role.PROVINCE, "bench-province").id
        db.session.commit()
    client = browser(app, who)
    print(f"\n{data.PLACEMENTS:,} graduates{'':34}{'CPU ms':>8}{'all ms':>8}{'asks':>6}{'KB':>6}")
    for page in PAGES:
        act, cpu, whole, size = getting(client, page), 1e9, 1e9, 0
        for _n in range(ROUNDS):
            counter.n, c, w = 0, time.process_time(), time.perf_counter()
            size = act()
            cpu = min(cpu, (time.process_time() - c) * 1000)
            whole = min(whole, (time.perf_counter() - w) * 1000)
        print(f"{page:52}{cpu:8.0f}{whole:8.0f}{counter.n:6}{size / 1024:6.0f}")


def main(graduates: int = GRADUATES) -> None:
    """Build, measure, print."""
    data.PLACEMENTS = graduates
    with server() as (url, folder):
        run(url, folder)
