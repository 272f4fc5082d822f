"""What graduates can be grouped by in reports of any two dimensions (RPT-06): names only, no pandas."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

PAY, BANDS = "pay", "band"
LABELS: dict[str, Any] = {
    "school": _l("School"),
    "college": _l("College"),
    "major": _l("Major"),
    "class": _l("Class"),
    "year": _l("Graduation year"),
    "level": _l("Level of education"),
    "sex": _l("Sex"),
    "origin": _l("Province of origin"),
    "part": _l("Group of destinations"),
    "destination": _l("Destination"),
    "nature": _l("Nature of the employer"),
    "industry": _l("Industry"),
    "region": _l("Province of the employer"),
    "position": _l("Kind of position"),
    BANDS: _l("Pay band"),
    "source": _l("Source"),
}
