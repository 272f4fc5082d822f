"""The hands that make the demo: one dice, one password, a schedule of what happens when."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from app.accounts import passwords
from app.accounts.models import AppUser
from app.core.db import db
from app.people.employers.models import Employer
from app.people.students.models import Student
from app.workflow.actor import Role

PASSWORD = "Demo-2026!"


@dataclass
class DemoMaker:
    """What is made, and the schedule of what happens to it."""

    dice: random.Random = field(default_factory=lambda: random.Random(2026))
    hashed: str = field(default_factory=lambda: passwords.hashed(PASSWORD))
    users: dict[str, AppUser] = field(default_factory=dict)
    students: list[Student] = field(default_factory=list)
    employers: list[Employer] = field(default_factory=list)
    # (hours before now, order, act)
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def at(self, hours_ago: float, act: Callable[[], None]) -> None:
        """Let something happen so many hours before now."""
        self.events.append((hours_ago, len(self.events), act))

    def user(self, name: str, role: Role, shown: str, **more: object) -> AppUser:
        """An account of the demo; background people have no mail address."""
        email = more.pop("email", f"{name}@invalid")
        user = AppUser(
            username=name,
            first_name="",
            last_name=shown,
            role=role,
            email=email,
            active=True,
            password=self.hashed,
            demo=True,
            **more,
        )
        db.session.add(user)
        self.users[name] = user
        return user
