"""The declared terms in the browser: every field of a letter or a paper agreement gets its sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.signing.terms.models import TermField
from app.signing.terms.queries import samples
from tests.browser.files import YEAR


def fill_terms(
    page, fields: Iterable[TermField], region: Callable[[str, str], object], **changes
) -> None:
    """Type the samples, the changes instead of theirs; `region` fills a region from its name and code."""
    values = samples(YEAR, **changes)
    for field in fields:
        if field.name not in values:
            continue
        if field.kind == "code":
            page.select_option(f"#{field.name}", values[field.name])
        elif field.kind == "region":
            region(field.name, values[field.name])
        else:
            page.fill(f"#{field.name}", str(values[field.name]))
