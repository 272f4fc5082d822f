"""Rows of the plan to make letters of; the worker makes them, and reads what comes back, at once."""

from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.files.made.conftest import made  # noqa: F401 (fixtures)
from tests.plan.rows.conftest import rows  # noqa: F401 (a fixture)
