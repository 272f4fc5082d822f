"""The routes of the application, for who attacks it from outside."""

from __future__ import annotations

import tempfile
from pathlib import Path


def rules(database: str) -> list:
    """Every rule of the address map, in an order that stays."""
    from app import create_app
    from tests.databases import settings_for

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(database, Path(folder)))
        return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
