"""Qingqian: the order in which the application is assembled, and nothing else.

Imports stand inside `create_app`: the small processes that print documents import this package too.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Config

os.environ.setdefault("TZ", "Asia/Shanghai")  # Flask-AppBuilder stamps its rows with local time
if hasattr(time, "tzset"):
    time.tzset()


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application; without a database address it starts the embedded PostgreSQL."""
    from jinja2 import StrictUndefined

    import config as settings
    from app import cli, menu, roles, wiring
    from app.accounts import devices, late, step_up
    from app.accounts.manager import AccountManager
    from app.accounts.views import HomeView
    from app.audit import marks
    from app.core import assets, dialogs, http, logs, mail, pieces, postgres, startup, templates
    from app.core.crypto import Cipher
    from app.core.db import bind, db, migrate
    from app.core.site import Site
    from app.fab.builder import SafeAppBuilder

    logs.init()
    wiring.connect()
    config = config or settings.load()
    if not config.database_url:
        config.database_url = settings.driver(postgres.start(postgres.data_folder(config.folder)))
    root = Path(__file__).resolve().parent
    app = Site(
        "app",
        root_path=str(root),
        static_folder=str(root / "static"),
        template_folder=str(root.parent / "templates"),
    )
    app.jinja_environment = templates.TranslatedEnvironment
    app.config.update(config.flask(), FAB_ROLES=roles.as_fab(), FAB_BASE_TEMPLATE="base.html")
    app.jinja_env.undefined = StrictUndefined
    app.extensions["cipher"] = Cipher.from_settings(config.data_keys, config.index_key)
    bind(app)
    marks.init(app, config)
    migrate.init_app(app, db, directory=str(root.parent / "migrations"))
    mail.init(app, config)
    startup.init(app, config)
    http.init(app, config)
    assets.init(app)
    pieces.init(app)
    dialogs.init(app)
    devices.init(app)
    step_up.init(app)
    late.init(app)
    with app.app_context():
        builder = SafeAppBuilder(indexview=HomeView, security_manager_class=AccountManager)
        builder.init_app(app, db.session)
        templates.init(app)
        menu.register(builder)
    cli.register(app)
    return app
