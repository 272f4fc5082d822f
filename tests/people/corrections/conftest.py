"""Files are brought and applied here as in the tests of imports."""

from tests.files.imports.conftest import _no_child_left, apply, bring  # noqa: F401 (fixtures)
