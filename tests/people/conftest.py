"""Files are brought and applied here as in the tests of imports."""

from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)
