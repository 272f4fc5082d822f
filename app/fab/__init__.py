"""Flask-AppBuilder repaired once: every list, detail and form of the product stands on this package.

The holes it closes are named in the docstrings as H1…H13 and W1…W12 (see docs/fab.md). It knows
nothing of the domain and of who is signed in: the views above bring their scope, tabs and filters.
"""

from __future__ import annotations
