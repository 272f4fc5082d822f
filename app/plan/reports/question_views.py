"""Kept questions: their list, keeping, sharing, the monthly mail, deleting. HTTP only (RPT-06)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core.errors import Invalid
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.notices.letters import reachable
from app.plan.reports import questions
from app.plan.reports.asking import LARGEST_KEY
from app.plan.reports.office_views import tabs
from app.plan.reports.pages import REPORTS


class QuestionsView(SafeView):
    """One's own questions and those that colleagues share."""

    route_base = "/reports/questions"
    class_permission_name = "KeptQuestions"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        who = actor()
        rows = [
            {
                "question": question,
                "report": REPORTS[question.report].label,
                "url": url_for("QuestionsView.show", pk=question.id),
                "owner": question.user.display_name,
                "mine": question.user_id == who.user_id,
                "mailed": mailed,
                "when": moment(question.changed_at),
            }
            for question, mailed in questions.listed(who)
        ]
        return self.render_template(
            "plan/reports/questions.html",
            rows=rows,
            tabs=tabs(""),
            by_mail=reachable(g.user.email),
        )

    @expose("/", methods=["POST"])
    @has_access
    def keep(self) -> ResponseReturnValue:
        """Keep what the page shows under a name."""
        form = request.form
        report, query = form.get("report", ""), form.get("query", "")
        try:
            kept = questions.keep(
                actor(),
                form.get("name", ""),
                report,
                query,
                shared=bool(form.get("shared")),
                mailed=bool(form.get("mailed")),
            )
        except Invalid as problem:
            flash(" ".join(sentence for _place, sentence in problem.problems), "warning")
            return redirect(asked(report, query), 303)
        flash(_("Saved as “%(name)s”.", name=kept.name), "success")
        return redirect(url_for("QuestionsView.index"), 303)

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The report as it stands now, in the scope of the person asking."""
        question = questions.question_of(actor(), pk)
        return redirect(asked(question.report, question.query))

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["POST"])
    @has_access
    def change(self, pk: int) -> ResponseReturnValue:
        """Share it, have it mailed, delete it: what the pressed button says."""
        who = actor()
        acts = {
            "share": (lambda: questions.share(who, pk, True), _("Colleagues can open it now.")),
            "unshare": (lambda: questions.share(who, pk, False), _("Only you can open it now.")),
            "mail": (
                lambda: questions.mail_me(who, pk, True),
                _("Its figures come on the first of each month."),
            ),
            "unmail": (
                lambda: questions.mail_me(who, pk, False),
                _("Its figures come no more."),
            ),
            "drop": (lambda: questions.drop(who, pk), _("The question is deleted.")),
        }
        if known := acts.get(request.form.get("act", "")):
            known[0]()
            flash(known[1], "success")
        return redirect(url_for("QuestionsView.index"), 303)


def asked(report: str, query: str) -> str:
    """A report as that query asks it."""
    found = urlencode(parse_qsl(query))
    url = url_for(f"ReportsView.{report}")
    return f"{url}?{found}" if found else url
