"""Rows of the plan to make letters of; the worker makes them, and reads what comes back, at once."""

from tests.bulk.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.papers.conftest import made  # noqa: F401 (fixtures)
from tests.plan.conftest import rows  # noqa: F401 (a fixture)
