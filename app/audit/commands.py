"""`flask --app run audit verify | seal | restored`: for auditors and operators."""

from __future__ import annotations

import json
import re
import sys
from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts import security_log
from app.audit import heads, retention, seals
from app.audit.days import Roots
from app.audit.findings import Report, said
from app.audit.verifying import verify as walk
from app.core.db import db

audit = AppGroup("audit", help="Prove the trail: verify, seal, restored.")
_HEX = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"(\d{4}-\d\d-\d\d)\W+([0-9a-fA-F]{64})")
LANGUAGE = click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True
)


@audit.command()
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only what was sealed from that day on.",
)
@click.option("--root", default="", help="A root of your own copy, 64 hex digits.")
@click.option(
    "--roots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your own copy: a mail of roots, or /audit/roots.json as saved.",
)
@LANGUAGE
def verify(since: datetime | None, root: str, roots: Path | None, language: str) -> None:
    """Walk everything and say the first broken place; exit code 1 where there is one."""
    root = root.strip().lower()
    if root and not _HEX.fullmatch(root):
        raise click.BadParameter("64 hex digits", param_hint="--root")
    outside = read_roots(roots.read_text(encoding="utf-8")) if roots else []
    if roots and not outside:
        raise click.BadParameter("no line with a day and a root", param_hint="--roots")
    report = walk(since.date() if since else None, outside, root)
    with force_locale(language):
        _print(report, since.date() if since else None)
    if report.first is not None:
        sys.exit(1)


def _print(report: Report, since: date | None) -> None:
    rate = int(report.rows / report.seconds) if report.seconds else 0
    click.echo(
        _(
            "%(rows)s rows, %(seals)s seals, %(waiting)s rows not sealed yet; %(seconds)s s, %(rate)s rows/s",
            rows=report.rows,
            seals=report.seals,
            waiting=report.waiting,
            seconds=f"{report.seconds:.1f}",
            rate=rate,
        )
    )
    if since is not None:
        click.echo(_("Walked from %(day)s on.", day=since.isoformat()))
    for n, found in enumerate(report.findings):
        sentence = said(found.kind, found.facts)
        click.echo(_("BROKEN: %(what)s", what=sentence) if n == 0 else f"  · {sentence}")
    if not report.findings:
        click.echo(
            _("Everything is as it was written. Head of the chain: %(head)s", head=report.head)
        )


def read_roots(content: str) -> Roots:
    """Days and roots of a copy, whatever else stands around them."""
    try:
        rows = json.loads(content)
        return [(str(row["day"]), str(row["root"]).lower()) for row in rows["roots"]]
    except (ValueError, KeyError, TypeError):
        return [(day, root.lower()) for day, root in _LINE.findall(content)]


@audit.command()
def seal() -> None:
    """Seal what waits, now: the worker does it every 20 seconds."""
    click.echo(f"{seals.seal_waiting()} rows sealed")


@audit.command()
@click.option(
    "--reason", required=True, help="Why the database was set back, for the security log."
)
def restored(reason: str) -> None:
    """After a backup was restored: take the database's end of the chain for the head outside.

    What came after the backup is lost; the security log keeps that it is so.
    """
    head = heads.forget()
    security_log.note(
        "audit_restored",
        reason=reason[:200],
        lost_seal=head.no if head else 0,
        lost_head=head.mac if head else "",
    )
    db.session.commit()
    click.echo(f"{seals.seal_waiting()} rows sealed; the head is that of this database now")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@LANGUAGE
@with_appcontext
def forget(dry_run: bool, language: str) -> None:
    """Delete what has been kept long enough (docs/retention.md); the worker does it every night."""
    with force_locale(language):
        rows = retention.due()
        if not dry_run:
            retention.forget()
        for name, days, count in rows:
            click.echo(f"{count:>9,}  {days:>4} d  {name}")
