"""Files are brought and applied here as in the tests of imports."""

from tests.bulk.conftest import apply, bring  # noqa: F401 (fixtures)
