"""Rules that need the whole year: limits and columns of the statements in `year_rules.sql`."""

from __future__ import annotations

from app.core.statements import Statements, columns

LIMITS = {
    "several": 3,  # employers with one telephone or address
    "crowd": 5,  # graduates at one small employer
    "at_once": 5,  # accepts from one address and device …
    "minutes": 10,  # … within so many minutes
    "share": 30,  # per cent of flexible kinds in a college …
    "enough": 20,  # … of so many settled graduates at least
}

FACTS = ("employer_kind", "industry", "location")  # facts of the employer, the same in all its rows
# what the shorter layout prints of everybody: where most have it, the others were forgotten
KEPT = (
    "political_status",
    "study_years",
    "enrolled_on",
    "graduates_on",
    "teacher_training",
    "hardship",
)
SQL = Statements(
    __file__,
    "year_rules.sql",
    modes=columns(FACTS, "mode() WITHIN GROUP (ORDER BY {}) AS {}"),
    unlike=columns(FACTS, "CASE WHEN b.{} <> x.{} THEN '{}' END"),
    differ=columns(FACTS, "count(DISTINCT {}) > 1", " OR "),
    most=columns(KEPT, "2 * count({}) > count(*) AS {}"),
    gap=columns(KEPT, "CASE WHEN m.{} AND b.{} IS NULL THEN '{}' END"),
)
