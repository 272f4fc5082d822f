"""Accounts: one a person or employer, for the whole platform (ACC-01). Who they are stands in `people`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db
from app.workflow.actor import STAFF, Role

ROLE_NAMES = {
    Role.STUDENT: _l("Student"),
    Role.EMPLOYER: _l("Employer"),
    Role.COLLEGE: _l("College"),
    Role.SCHOOL: _l("Employment office"),
    Role.PROVINCE: _l("Provincial centre"),
    Role.DATA: _l("Data staff"),
    Role.ADMIN: _l("System administrator"),
    Role.SECURITY: _l("Security administrator"),
    Role.AUDIT: _l("Audit administrator"),
}


class AppUser(User):
    """A sign-in, in Flask-AppBuilder's own table. One role; the ids bound what it may see."""

    __tablename__ = "ab_user"
    __table_args__ = {"extend_existing": True}  # noqa: RUF012 (SQLAlchemy's own convention)

    role: Mapped[str | None] = mapped_column(String(12))
    school_id: Mapped[int | None] = mapped_column(
        ForeignKey("school.id", use_alter=True), index=True
    )
    college_id: Mapped[int | None] = mapped_column(ForeignKey("college.id", use_alter=True))
    employer_id: Mapped[int | None] = mapped_column(
        ForeignKey("employer.id", use_alter=True), index=True
    )
    student_id: Mapped[int | None] = mapped_column(
        ForeignKey("student.id", use_alter=True), index=True
    )
    demo: Mapped[bool | None] = mapped_column(default=False)
    must_change_password: Mapped[bool | None] = mapped_column(default=False)
    locale: Mapped[str | None] = mapped_column(String(5))
    # somebody said «this was not me»: nothing goes in or out until a person has cleared it (INV-20)
    frozen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def display_name(self) -> str:
        """The name as people write it: family name first, no blank between Chinese characters."""
        return f"{self.last_name}{self.first_name}".strip() or self.username

    @property
    def is_staff(self) -> bool:
        """Whether the account works at a school, the province or the platform."""
        return self.role in STAFF

    def get_full_name(self) -> str:
        """Flask-AppBuilder's name for `display_name`."""
        return self.display_name


Index("ix_ab_user_email", text("lower(email)"), _table=AppUser.__table__)
Index(
    "ix_ab_user_staff",
    AppUser.__table__.c.school_id,
    postgresql_where=text("role IN ('college', 'school', 'province', 'data', 'admin')"),
)
# an account that nobody used is deleted with its record: its own foreign keys are asked then
for _name in ("created_by_fk", "changed_by_fk"):
    Index(f"ix_ab_user_{_name}", AppUser.__table__.c[_name])


class AccountSession(db.Model):
    """One sign-in on one device; ends on sign-out and, for all devices, on a password change."""

    __tablename__ = "account_session"

    token: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256 of the cookie's
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    device_id: Mapped[str] = mapped_column(String(32), default="", server_default="")
    way: Mapped[str] = mapped_column(String(40), default="password", server_default="password")
    factor_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    factor: Mapped[str] = mapped_column(String(12), default="", server_default="")


class Identifier(db.Model):
    """What a person may type to sign in (ACC-03): kind and keyed digest, never the number itself."""

    __tablename__ = "identifier"
    __table_args__ = (
        Index("ix_identifier_digest", "digest"),
        Index("uq_identifier_user_kind", "user_id", "kind", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class OneTimeCode(db.Model):
    """A code sent by text message or mail, hashed; good once, for one purpose, for 5 minutes (ACC-05).

    `life` in seconds counts from sending, when `expires_at` is set. `pool` is the budget it counts in;
    `asker` who asked without having signed in, as a digest. `voided`: it is no proof of anything any more.
    """

    __tablename__ = "one_time_code"
    __table_args__ = (
        Index("ix_one_time_code_owner", "owner", "purpose", "created_at"),
        Index("ix_one_time_code_target", "target", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(8), default="sms", server_default="sms")
    purpose: Mapped[str] = mapped_column(String(80))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    target: Mapped[bytes] = mapped_column(LargeBinary)  # keyed digest of the phone or address
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    life: Mapped[int] = mapped_column(default=300, server_default="300")
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    voided: Mapped[bool] = mapped_column(default=False, server_default=false())
    pool: Mapped[str] = mapped_column(String(8), default="contact", server_default="contact")
    used_on: Mapped[str] = mapped_column(String(32), default="", server_default="")  # which browser
    asker: Mapped[str] = mapped_column(String(80), default="", server_default="")


class ActProof(db.Model):
    """That a person proved itself for one act otherwise than by a code: campus sign-in, passkey (ACC-10).

    `purpose` names the act on the record as it then stood; good once, for ten minutes.
    """

    __tablename__ = "act_proof"
    __table_args__ = (Index("ix_act_proof_user", "user_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(80))
    way: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Preference(db.Model):
    """What a person chose for its own screen: columns of a list, saved filters."""

    __tablename__ = "preference"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


__all__ = [
    "AccountSession",
    "ActProof",
    "AppUser",
    "Identifier",
    "OneTimeCode",
    "Preference",
    "Role",
]


# a database that production does not serve (S-19)
DEMO = (
    "ab_user",
    "SELECT EXISTS (SELECT 1 FROM ab_user WHERE demo)",
    "this database was made for the demo: its accounts have known passwords; name another",
)
