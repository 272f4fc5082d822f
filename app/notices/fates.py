"""How far an event has come to a receiver: in words, one by one and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.core.mail import MAIL, SMS
from app.notices.models import NO_ACCOUNT, NO_WAY, TEXTS_OFF, TEXTS_SPENT


class Fate(StrEnum):
    """How far an event has come to one receiver."""

    READ = "read"
    TOLD = "told"
    UNDER_WAY = "under_way"
    FAILED = "failed"
    UNTOLD = "untold"


FATES = {
    Fate.READ: lazy_pgettext("how far a message came", "Read"),
    Fate.TOLD: _l("Told"),
    Fate.UNDER_WAY: _l("On its way"),
    Fate.FAILED: _l("Sending failed"),
    Fate.UNTOLD: _l("Not told yet"),
}
CHIPS = {
    Fate.READ: "done",
    Fate.TOLD: "done",
    Fate.UNDER_WAY: "waiting",
    Fate.FAILED: "refused",
    Fate.UNTOLD: "refused",
}
REACHED = (Fate.READ, Fate.TOLD, Fate.UNDER_WAY)
CHANNELS = {MAIL: _l("mail"), SMS: _l("text message")}
WHY = {
    NO_WAY: _l("no e-mail and no phone is on record"),
    TEXTS_OFF: _l("no e-mail is on record, and the school has no text messages sent for this"),
    TEXTS_SPENT: _l("no e-mail is on record, and the two text messages of the day are sent"),
    NO_ACCOUNT: _l("has no account here"),
}
RECEIVERS = {
    "student": _l("the student"),
    "employer": _l("the employer"),
    "other": _l("the other party"),
    "starter": _l("who applied"),
    "college": _l("the college"),
    "school": _l("the school"),
}


@dataclass(frozen=True)
class Reach:
    """One receiver of one event: `ways` are the channels that took it, or try to; `why` what failed."""

    name: str
    fate: Fate
    ways: tuple[str, ...] = ()
    why: str = ""
    user_id: int | None = None
    key: str = ""

    @property
    def label(self) -> str:
        """The state in words: «told (mail)», «sending failed: the gateway refused it»."""
        if self.why:
            return _("%(state)s: %(why)s", state=FATES[self.fate], why=self.why)
        return self.state

    @property
    def state(self) -> str:
        """The state without what failed, as a list has room for it: «told (mail)»."""
        label = str(FATES[self.fate])
        ways = _(", ").join(str(CHANNELS.get(way, way)) for way in self.ways)
        return _("%(state)s (%(ways)s)", state=label, ways=ways) if ways and not self.why else label

    @property
    def chip(self) -> str:
        """The colour of the state."""
        return CHIPS[self.fate]


@dataclass
class ToldCount:
    """What became of the telling of one act or of many: counts by fate, and who was not reached."""

    counts: Counter[Fate] = field(default_factory=Counter)
    reached: list[Reach] = field(default_factory=list)
    missed: list[Reach] = field(default_factory=list)

    def add(self, reach: Reach) -> None:
        """Count one receiver."""
        self.counts[reach.fate] += 1
        (self.reached if reach.fate in REACHED else self.missed).append(reach)

    @property
    def sentence(self) -> str:
        """Who is told, and who is not and why; empty where the act tells nobody."""
        parts = []
        for fate, text in (
            (Fate.UNDER_WAY, _("Messages are on their way to %(whom)s.")),
            (Fate.TOLD, _("Told: %(whom)s.")),
            (Fate.READ, _("Read by %(whom)s.")),
        ):
            names = [reach.name for reach in self.reached if reach.fate is fate]
            if names:
                parts.append(text % {"whom": _(", ").join(dict.fromkeys(names))})
        parts += [
            _("%(name)s: %(state)s.", name=reach.name, state=reach.label) for reach in self.missed
        ]
        return " ".join(parts)

    @property
    def figures(self) -> str:
        """The counts in one line: «told 20, on its way 7, not told yet 3»."""
        return _(", ").join(
            _("%(state)s %(count)s", state=FATES[fate], count=self.counts[fate])
            for fate in Fate
            if self.counts[fate]
        )
