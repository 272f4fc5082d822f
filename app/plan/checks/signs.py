"""Signs of surrogate signing: the limits of the statements in `signs.sql` (CHK-01, ACC-15)."""

from __future__ import annotations

from app.core.statements import Statements, words
from app.settings.models import SETTINGS
from app.workflow.actor import STAFF

LIMITS = {
    "changed_days": 30,  # from a change of a way in by staff, file or merging to an act
    "staff_hours": 24,  # between a staff member's use of a device or address and an act on it
    "first_minutes": 15,  # from the first sign-in to an act
    "together_minutes": 60,  # three students on one device within so long …
    "at_a_time_minutes": 5,  # … or two within this
    "loosened_days": 7,  # from a setting made looser to an act
    "fresh_minutes": 60,  # a browser that the account has used no longer than this is a fresh one
    "row_minutes": 30,  # several students on fresh browsers of one kind at one address within so long
    "row": 4,  # how many they are
    "settled": 5,  # students who come back to an address by a browser of their own make it shared …
    "crowd_students": 50,  # … or so many different ones …
    "crowd_days": 15,  # … on so many days …
    "mixed_students": 15,  # … or fewer …
    "mixed_browsers": 10,  # … by so many kinds of browsers
    "sample": 400,  # the newest acts and sign-ins of an address that are looked at for this
}
LOOSER = {
    "less": "CAST(v.value #>> '{}' AS numeric) < CAST(v.before #>> '{}' AS numeric)",
    "off": "v.before #>> '{}' = 'true' AND v.value #>> '{}' = 'false'",
    "on": "v.before #>> '{}' = 'false' AND v.value #>> '{}' = 'true'",
    "sooner": "CAST(v.value #>> '{}' AS int) > 0 AND (CAST(v.before #>> '{}' AS int) = 0 "
    "OR CAST(v.value #>> '{}' AS int) < CAST(v.before #>> '{}' AS int))",
    "levels": "v.before #>> '{}' = 'both' AND v.value #>> '{}' <> 'both'",
}
_LOOSENED = " ".join(f"WHEN '{way}' THEN {sql}" for way, sql in LOOSER.items())
SQL = Statements(__file__, "signs.sql", staff_roles=words(sorted(STAFF)), loosened=_LOOSENED)


def looser() -> list[dict[str, object]]:
    """The settings that protect a party, their default, and which way is looser (`Settings`)."""
    return [
        {"key": name, "before": getattr(item.default, "value", item.default), "looser": way}
        for name, item in SETTINGS.items()
        if (way := item.metadata.get("looser"))
    ]
