"""Flask-AppBuilder repaired once: every list, detail and form of the product stands on it.

The holes it closes are named in the docstrings as H1…H13 and W1…W12 and told in docs/fab.md.
It knows nothing of the domain nor of who is signed in: the views above bring scope, tabs, filters.
"""

from __future__ import annotations
