"""`python -m tests.browser.buttons [ROLE …]`: every button of the demo, for all roles or those named; the faults, and 1 if there are some."""

from __future__ import annotations

import sys

from tests.browser.buttons.edition import whole

if __name__ == "__main__":
    sys.exit(whole(sys.argv[1:]))
