"""Rows of the plan to fill a workbook with; the worker makes it at once."""

from tests.papers.conftest import made  # noqa: F401 (fixtures)
from tests.plan.conftest import rows  # noqa: F401 (a fixture)
