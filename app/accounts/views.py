"""Signing in and out, passwords, the start page: HTTP only."""

from __future__ import annotations

from typing import Any

from flask import abort, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.accounts import attempts, sessions, workflow
from app.accounts.campus import sending
from app.accounts.campus.ways import schools_with_ways, ways_of
from app.accounts.forms import SignInForm
from app.accounts.identifiers import account_for
from app.accounts.puzzle import Puzzle, solved
from app.core import jobs
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.limits import Limit
from app.core.registry import stores
from app.fab.builder import SafeIndexView, SafeView


def school_choices() -> list[tuple[str, str]]:
    """Every school that takes part, and none of them first."""
    return [("", "—"), *stores().active_schools()]


SCHOOL = "school"  # the cookie that remembers whose sign-in page this browser shows
REMEMBERED = 365 * 86_400  # seconds


def _school() -> str:
    """The code of the school whose ways are shown: of the address, else as remembered; empty for none."""
    code = request.args.get(SCHOOL) or request.cookies.get(SCHOOL, "")
    return code if code in {known for known, _name in school_choices()} else ""


def _campus(school: str) -> dict[str, object]:
    """The ways of that school as buttons, and the schools that have any."""
    ids = stores().school_ids()
    having = schools_with_ways()
    more: dict[str, Any] = {"next": request.args["next"]} if "next" in request.args else {}
    return {
        "school": school,
        "campus_ways": [
            (sending.label_of(way), url_for("CampusView.begin", pk=way.id, **more))
            for way in (ways_of(ids.get(school)) if school else ())
        ],
        "campus_schools": [pair for pair in school_choices() if ids.get(pair[0]) in having],
        "next": more.get("next", ""),
    }


class HomeView(SafeIndexView):
    """The start page is the role's own."""

    @expose("/")
    def index(self) -> Response:
        if not g.user.is_authenticated:
            return redirect(url_for("AuthView.login"))
        return redirect(url_for(stores().homes[g.user.role]))

    @expose("/first", methods=["GET"])
    def first(self) -> Response:
        """Where the messages to those who never signed in lead: the password is set by code (ACC-04)."""
        return redirect("/" if g.user.is_authenticated else url_for("PasswordView.forgotten"))


class AuthView(SafeView):
    """Sign-in with several identifiers, sign-out by POST."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> ResponseReturnValue:
        if g.user.is_authenticated:
            return redirect(_inside(request.args.get("next", "")))
        form, school = SignInForm(), _school()
        form.school.choices = school_choices()
        if request.method == "GET":
            form.school.data = school
        if form.validate_on_submit():
            try:
                user = workflow.signed_in(
                    form.who.data,
                    form.school.data or "",
                    form.password.data,
                    request.remote_addr or "",
                    solved=sum_solved(),
                )
                sessions.sign_in(user)
                return redirect(_inside(request.args.get("next", "")))
            except (Invalid, Refused) as error:
                show_problems(form, error)
        page = self.render_template(
            "accounts/login.html",
            form=form,
            puzzle=owed_sum(attempts.ADDRESS),
            ended=_ended(),
            **_campus(school),
        )
        answer = make_response(page, 200 if not form.errors else 422)
        if school and school != request.cookies.get(SCHOOL):
            answer.set_cookie(
                SCHOOL,
                school,
                max_age=REMEMBERED,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure,
            )
        return answer

    @expose("/logout", methods=["POST"])
    def logout(self) -> ResponseReturnValue:
        """Out here, and where the person came by its campus's service, out there too."""
        onward = None
        if g.user.is_authenticated:
            onward = sending.leaving()
            sessions.sign_out()
        if onward is not None:
            return self.render_template("accounts/campus_onward.html", onward=onward, out=True)
        return redirect(url_for("AuthView.login"))

    @expose("/demo/<string:name>", methods=["POST"])
    def demo(self, name: str) -> Response:
        """Become one of the demo's people by one click; exists in the demo only."""
        if jobs.config().mode != "demo":
            abort(404)
        user = account_for(name)
        if user is None or not user.demo:
            abort(404)
        if g.user.is_authenticated:
            sessions.sign_out()
        sessions.sign_in(user, way=sessions.DEMO)
        return redirect("/")


def _ended() -> str:
    """What is said to whom the session ended under the hands: ``kept``, ``over`` or nothing (ACC-14)."""
    if request.args.get("next", "").startswith("/kept/"):
        return "kept"
    return "over" if session.get(sessions.SECRET) else ""


def owed_sum(limit: Limit) -> Puzzle | None:
    """The sum that the page asks of its address, where much went wrong there (S-08)."""
    return attempts.owed(limit, request.remote_addr or "")


def sum_solved() -> bool:
    """Whether the form brings a sum that is right."""
    token, answer = request.form.get("puzzle", ""), request.form.get("answer", "")
    return bool(token) and solved(request.remote_addr or "", token, answer)


def _inside(target: str) -> str:
    """A path of this site, or the start page: never another host (H13), never this page again."""
    plain = (
        target.startswith("/")
        and not target.startswith(("//", "/\\", "/login"))
        and "\\" not in target
    )
    return target if plain and target.isprintable() else "/"
