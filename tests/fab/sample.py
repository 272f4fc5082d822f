"""A small application on app.fab: schools with letters, some roles, a list with all trimmings."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, flash
from flask_appbuilder.baseviews import expose
from flask_login import UserMixin, current_user, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import ForeignKey, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.core import dialogs, door, pieces
from app.core.errors import Invalid, Refused
from app.core.site import Site
from app.fab.builder import SafeAppBuilder, SafeView
from app.fab.columns import ListColumn, Panel, fact
from app.fab.declared import Link, ListFilter, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.security import CodeRoleManager
from app.fab.views import SafeModelView

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 21, tzinfo=UTC)


class Base(DeclarativeBase):
    """A metadata of its own: these tables are none of the product's."""


db = SQLAlchemy(model_class=Base)


class Org(db.Model):
    __tablename__ = "fabtest_org"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret: Mapped[str] = mapped_column(default="")


class Letter(db.Model):
    __tablename__ = "fabtest_letter"
    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("fabtest_org.id"))
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    secret: Mapped[str] = mapped_column(default="")
    pay: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(default=START)
    org: Mapped[Org] = relationship()

    @property
    def title(self) -> str:
        return f"{self.name}/{self.org.name}"


class Note(db.Model):
    __tablename__ = "fabtest_note"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    org_id: Mapped[int]
    text: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str] = mapped_column(default="")


class Person(UserMixin):
    """A user as accounts give it: one role, some ids."""

    def __init__(self, name: str, role: str | None, org: int = 0, active: bool = True) -> None:
        self.id, self.role, self.org, self.active = name, role, org, active

    @property
    def is_active(self) -> bool:
        return self.active

    def get_full_name(self) -> str:
        return str(self.id)


PEOPLE = {
    p.id: p
    for p in (
        Person("wang", "school", 1),
        Person("li", "school", 2),
        Person("reader", "reader", 1),
        Person("odd", "nobody", 1),
        Person("gone", "school", 1, active=False),
        Person("many", "school", 3),
    )
}


class AuthView(SafeView):
    route_base = ""
    default_view = "login"

    @expose("/login/")
    def login(self):
        return "please sign in"

    @expose("/login/<name>", methods=["POST"])
    def enter(self, name):
        login_user(PEOPLE[name])
        return "in"

    @expose("/logout/", methods=["POST"])
    def logout(self):
        return "out"


class Manager(CodeRoleManager):
    auth_view_class = AuthView

    def load_user(self, pk):
        found = PEOPLE.get(pk)
        return found if found and found.is_active else None


def mine(model):
    """The rows of the person's school; nobody else's rows for nobody."""
    return select(model).where(model.org_id == getattr(current_user, "org", -1))


class LetterView(SafeModelView):
    datamodel = SafeInterface(Letter)
    class_permission_name = "Letters"
    list_title = "Letters"
    show_title = "Letter"
    columns = (
        ListColumn("name", "Name", sorts=True),
        ListColumn("org.name", "School"),
        ListColumn("state", "State", lambda v: f"<{v}>", card="status"),
        ListColumn("pay", "Pay", sorts=True, card="none"),
        ListColumn("changed_at", "Changed", sorts=True),
        fact("title", "Title"),
        fact("secret", "Secret", right=("can_list", "Secrets")),
    )
    panels = (
        Panel(None, "name title org.name state secret"),
        Panel("Beside", made=lambda item: [("Letters", len(item.name))], aside=True),
        Panel("Nothing", made=lambda _item: None),
        Panel("Locked", "pay", right=("can_list", "Secrets")),
    )
    search_columns = ("name",)
    base_order = ("changed_at", "desc")
    tabs = (
        Tab("waiting", "Waiting", lambda: Letter.state == "waiting", empty="No letter waits."),
        Tab("done", "Done", lambda: Letter.state == "done"),
        Tab("all", "All"),
    )
    filters = (
        ListFilter("pay", "Pay", Letter.pay, lambda: [("1", "one"), ("2", "two")]),
        ListFilter(
            "size", "Size", lambda v: func.length(Letter.name) > int(v), lambda: [("5", "long")]
        ),
    )
    ran: list = []

    def scoped(self):
        return mine(Letter)

    def search_args(self, text):
        return {"x": f"t-{text[-4:]}"} if text.isdecimal() and len(text) == 18 else {"q": text}

    def token_clause(self, token):
        return Letter.secret.endswith(token[2:]) if token.startswith("t-") else None

    def head_links(self):
        return [Link("/new", "New")]

    @record_action("approve", "Approve", "Approve it?", primary=True)
    def approve(self, items):
        self._run("approve", items, "done")

    @record_action("refuse", "Refuse", reason="required", danger=True)
    def refuse(self, items):
        if any(item.name == "locked" for item in items):
            raise Refused("It is locked.")
        self._run("refuse", items, "refused")

    def _run(self, name, items, state):
        self.ran.append((name, [item.id for item in items]))
        for item in items:
            item.state = state
        db.session.commit()
        flash("done")


class NoteView(SafeModelView):
    datamodel = SafeInterface(Note)
    class_permission_name = "Notes"
    list_title = show_title = add_title = edit_title = "Note"
    include_route_methods = SafeModelView.include_route_methods | {"add", "edit", "delete"}
    columns = (ListColumn("text", "Text"), fact("org_id", "School"))
    panels = (Panel(None, "text"),)
    add_columns = edit_columns = ["text", "org_id"]
    row_actions = True

    def scoped(self):
        return mine(Note)

    def pre_add(self, item):
        if item.text == "bad":
            raise Invalid([("text", "Write something good."), ("", "Think.")])

    @record_action("stamp", "Stamp", multiple=False)
    def stamp(self, items):
        return "stamped " + ",".join(n.text for n in items)


ROLES = {
    "school": [["Letters|Notes", ".*"], ["letters-menu", "menu_access"]],
    "reader": [["Letters", "can_(list|show)"]],
}


def make_app(url: str, **more) -> Flask:
    """The application; nothing of it asks the database while it starts."""
    app = Site(
        "sample",
        root_path=str(ROOT / "app"),
        static_folder=str(ROOT / "app" / "static"),
        template_folder=str(ROOT / "templates"),
    )
    app.config.update(
        SECRET_KEY="k" * 40,
        SQLALCHEMY_DATABASE_URI=url,
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        FAB_CREATE_DB=False,
        FAB_UPDATE_PERMS=False,
        FAB_ROLES=ROLES,
        FAB_BASE_TEMPLATE="base.html",
        LANGUAGES={"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "gb", "name": "English"}},
        BABEL_DEFAULT_LOCALE="en",
        PROPAGATE_EXCEPTIONS=False,
    )
    app.config.update(more)
    app.jinja_env.undefined = StrictUndefined
    door.init(app)
    pieces.init(app)
    dialogs.init(app)
    CSRFProtect(app)
    db.init_app(app)
    app.register_error_handler(Refused, lambda error: (str(error), 409))
    app.register_error_handler(Invalid, lambda error: (str(error), 422))
    with app.app_context():
        builder = SafeAppBuilder(security_manager_class=Manager)
        builder.init_app(app, db.session)
        builder.add_view(LetterView, "letters-menu", label="Letters")
        builder.add_view_no_menu(NoteView)
    return app


def fill() -> None:
    """Two small schools and one large; names, pay and times with many ties and gaps."""
    db.drop_all()
    db.create_all()
    db.session.add_all(Org(id=n, name=f"School {n}", secret="s") for n in (1, 2, 3))
    db.session.flush()
    rows = [
        {
            "org_id": 1 + n % 2,
            "name": f"P{n:03}",
            "state": "done" if n % 5 == 0 else "waiting",
            "secret": f"42010119980101{n:04}",
            "pay": None if n % 3 == 0 else n % 4,
            "changed_at": START + timedelta(minutes=n // 7),
        }
        for n in range(400)
    ]
    db.session.execute(insert(Letter), rows)
    db.session.add_all(Note(org_id=1 + n % 2, text=f"note {n}") for n in range(6))
    db.session.commit()
