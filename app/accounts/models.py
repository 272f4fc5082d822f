"""Accounts: one a person or employer, for the whole platform (ACC-01). Who they are stands in `people`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship
from sqlalchemy.schema import FetchedValue
from sqlalchemy.types import DateTime

from app.core.crypto import Sealed
from app.core.db import db
from app.core.text import mask_email
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


class ContactChange(db.Model):
    """A phone or mail address of an account was replaced: what it was, what it is, by whose hand (ACC-15).

    `source` is ``staff``, ``file``, ``merge`` or ``self``. Until `held_until` the new one proves no act,
    unless `confirmed_by` says what spoke for it: ``old_phone``, ``mail``, ``campus`` or
    ``second_person``. `undone_at`: the change was taken back. An address was the person's until `at` of
    its change. A first sign-in that staff reset is a change of no address: its `channel` is ``reset``.
    `told` is to how many addresses the change was said.
    """

    __tablename__ = "contact_change"
    __table_args__ = (
        Index("ix_contact_change_user", "user_id", "at"),
        Index("ix_contact_change_at", "at"),
        Index("ix_contact_change_import", "import_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8))  # sms, mail or reset
    old_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_masked: Mapped[str | None] = mapped_column(String(120))
    new_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    new_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    new_masked: Mapped[str | None] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12))
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    import_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_by: Mapped[str] = mapped_column(String(16), default="", server_default="")
    confirmer_id: Mapped[int | None]
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # the person says it was another's hand: nobody confirms it meanwhile (the database refuses)
    disputed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    password_digest: Mapped[bytes | None] = mapped_column(LargeBinary)  # keyed, of the stored hash
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    user: Mapped[AppUser] = relationship(viewonly=True)

    old = Sealed("contact", mask_email, str.strip)
    new = Sealed("contact", mask_email, str.strip)


class SecurityEvent(db.Model):
    """One line of the security log: a sign-in, a failure, a change of a way in, a denial, a reveal.

    Only added to; the database refuses change and deletion. `user_id` is whose account it is about,
    `actor_id` who did it; `outcome` is ``done``, ``failed`` or ``denied``. No clear number stands here.
    """

    __tablename__ = "security_event"
    __table_args__ = (
        Index("ix_security_event_at", "at", "id"),
        Index("ix_security_event_user", "user_id", "at"),
        Index("ix_security_event_actor", "actor_id", "at"),
        Index("ix_security_event_mark", "mark"),
        Index("ix_security_event_school", "school_id", "at", "id"),
        Index("ix_security_event_event", "event", "at", "id"),
        Index("ix_security_event_outcome", "outcome", "at", "id"),
        Index("ix_security_event_address", "address", "at", "id"),
        Index("ix_security_event_student_address", "address", "id",
              postgresql_where=text("actor_role = 'student' AND address <> ''")),
        Index("ix_security_event_about", text("(details ->> 'about')"), "id",
              postgresql_where=text("event = 'reveal'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    event: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(8), default="done")
    user_id: Mapped[int | None]
    school_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12), default="")
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    device_id: Mapped[str] = mapped_column(String(32), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    mark: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())

    # no foreign key: the log outlives the account
    user: Mapped[AppUser | None] = relationship(
        AppUser, primaryjoin=lambda: foreign(SecurityEvent.user_id) == AppUser.id, viewonly=True
    )


class KnownDevice(db.Model):
    """A browser by which somebody signed in to the account, and when last: a new one is told of."""

    __tablename__ = "known_device"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True
    )
    device_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AccountWarning(db.Model):
    """One event that every contact of an account was told of (INV-20, NTF-05).

    `key` names the event; `record_kind` and `record_id` the record it is about, empty where it is about
    the account itself; `actor_…` who did it (nobody: a stranger with a code); `told` how many contacts
    were told, 0 where there was none; `used_at` when somebody said «this was not me».
    """

    __tablename__ = "account_warning"
    __table_args__ = (
        Index("uq_account_warning_key", "user_id", "key", unique=True),
        Index("ix_account_warning_at", "user_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(200))
    record_kind: Mapped[str] = mapped_column(String(20), default="", server_default="")
    record_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(12), default="", server_default="")
    actor_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()
    links: Mapped[list[WarningLink]] = relationship(
        back_populates="warning", order_by="WarningLink.id", passive_deletes=True
    )


class WarningLink(db.Model):
    """The link «this was not me» of the message to one contact; its token is kept hashed."""

    __tablename__ = "warning_link"
    __table_args__ = (Index("ix_warning_link_warning", "warning_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # SHA-256 of the token
    warning_id: Mapped[int] = mapped_column(ForeignKey("account_warning.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8))
    address_masked: Mapped[str] = mapped_column(String(120))
    message_key: Mapped[str] = mapped_column(String(120))  # of the outbox: what became of it
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    warning: Mapped[AccountWarning] = relationship(back_populates="links")


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
    "AccountWarning",
    "ActProof",
    "AppUser",
    "ContactChange",
    "Identifier",
    "KnownDevice",
    "OneTimeCode",
    "Preference",
    "Role",
    "SecurityEvent",
    "WarningLink",
]


# a database that production does not serve (S-19)
DEMO = (
    "ab_user",
    "SELECT EXISTS (SELECT 1 FROM ab_user WHERE demo)",
    "this database was made for the demo: its accounts have known passwords; name another",
)
