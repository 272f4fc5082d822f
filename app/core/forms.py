"""Bringing what a rule said to the form it belongs to."""

from __future__ import annotations

from typing import Any

from app.core.errors import Invalid, Refused


def show_problems(form: Any, error: Invalid | Refused) -> None:
    """Put each problem beside its field; what belongs to no field stands above the form."""
    problems = error.problems if isinstance(error, Invalid) else [("", str(error))]
    for place, sentence in problems:
        field = form[place] if place in form else None
        if field is None:
            form.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]
