"""Rows of the plan to fill a workbook with; the worker makes it at once."""

from tests.files.made.conftest import made  # noqa: F401 (fixtures)
from tests.plan.rows.conftest import rows  # noqa: F401 (a fixture)
