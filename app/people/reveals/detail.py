"""The button beside a masked number, where the person may have the whole one shown (ADM-10)."""

from __future__ import annotations

from flask import get_template_attribute, url_for
from markupsafe import Markup

from app.fab.presentation import dash
from app.fab.security import manager
from app.people.reveals.workflow import PHONE

VIEW = "Reveals"


def button(kind: str, key: int, number: str, masked: str | None) -> Markup:
    """A telephone by one click, another number by the page that asks what for; nothing without the right."""
    if not masked or not manager().has_access(f"can_{number}", VIEW):
        return Markup()
    url = url_for(f"RevealsView.{number}", kind=kind, pk=key)
    drawn: Markup = get_template_attribute("people/reveals/button.html", "button")(
        url, masked, number == PHONE
    )
    return drawn


def beside(kind: str, key: int, number: str, masked: str | None) -> object:
    """The masked number with its button, as a cell."""
    return Markup("%s %s") % (masked, button(kind, key, number, masked)) if masked else dash(masked)
