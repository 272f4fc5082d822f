"""Ways of signing in by a school's own service, whose account a subject of it opens, what is under way."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.crypto import Sealed
from app.core.db import db


class WayKind(StrEnum):
    """The protocol that the campus's service speaks."""

    OIDC = "oidc"
    CAS = "cas"
    LDAP = "ldap"


KIND_NAMES = {WayKind.OIDC: "OIDC", WayKind.CAS: "CAS 3", WayKind.LDAP: "LDAP"}
WHO = {"students": _l("Students"), "staff": _l("Staff"), "both": _l("Students and staff")}


class SignInWay(db.Model):
    """One service of one school: set up and tested by the administrator, switched on by the school.

    Neither alone can open the school's accounts: a service says who somebody is.
    """

    __tablename__ = "sign_in_way"
    __table_args__ = (
        Index("ix_sign_in_way_school", "school_id", "id"),
        CheckConstraint("NOT active OR tested_at IS NOT NULL", name="ck_sign_in_way_tested"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: uuid4().hex)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[str] = mapped_column(String(4))
    label_zh: Mapped[str] = mapped_column(String(40))
    label_en: Mapped[str] = mapped_column(String(40))
    who: Mapped[str] = mapped_column(String(8), default="both")
    # the issuer (OIDC), the base address (CAS), one or more servers with blanks between (LDAP)
    server: Mapped[str] = mapped_column(String(400))
    hosts: Mapped[str] = mapped_column(String(300), default="")  # further hosts of the same service
    client_id: Mapped[str] = mapped_column(
        String(300), default=""
    )  # LDAP: the service account's DN
    secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_masked: Mapped[str | None] = mapped_column(String(20))
    base_dn: Mapped[str] = mapped_column(String(300), default="")
    login_attribute: Mapped[str] = mapped_column(String(60), default="")
    dn_template: Mapped[str] = mapped_column(String(300), default="")
    # which claim or attribute carries the student number (of staff: whatever names the person there)
    claim: Mapped[str] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=False)
    tested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    secret = Sealed("campus-secret", lambda _text: "******", lambda text: text)

    @property
    def issuer(self) -> str:
        """Who vouches for a subject: the same however many ways lead there."""
        if self.kind == WayKind.LDAP:
            return f"ldap:{(self.base_dn or self.dn_template).lower()}"
        return self.server

    @property
    def name(self) -> str:
        """For lists of staff."""
        return self.label_zh

    @property
    def mark(self) -> str:
        """What sessions and the security log call it."""
        return f"{self.kind}:{self.id}"


class CampusIdentity(db.Model):
    """A subject of an issuer opens one account of its school, and no other subject of it does.

    `ended_at`: released by the person or the administrator. It signs in at once, but proves no act before
    `proves_from`.
    """

    __tablename__ = "campus_identity"
    __table_args__ = (
        Index(
            "uq_campus_identity_subject",
            "school_id",
            "issuer",
            "subject",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_campus_identity_user",
            "user_id",
            "issuer",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_campus_identity_user", "user_id"),
        Index("ix_campus_identity_way", "way_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    way_id: Mapped[int] = mapped_column(ForeignKey("sign_in_way.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    issuer: Mapped[str] = mapped_column(String(400))
    subject: Mapped[str] = mapped_column(String(255))
    number: Mapped[str] = mapped_column(String(80))  # as it was claimed when it was bound
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    bound_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    proves_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[int | None]


class CampusAttempt(db.Model):
    """A way to the campus's service and back that is under way; good once, in one browser, ten minutes.

    `state` and `browser` are digests of what the address and the cookie hold.
    """

    __tablename__ = "campus_attempt"
    __table_args__ = (Index("ix_campus_attempt_created", "created_at"),)

    state: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser: Mapped[bytes] = mapped_column(LargeBinary)
    way_id: Mapped[int] = mapped_column(ForeignKey("sign_in_way.id", ondelete="CASCADE"))
    nonce: Mapped[str] = mapped_column(String(64), default="")
    verifier: Mapped[str] = mapped_column(String(128), default="")
    next: Mapped[str] = mapped_column(String(400), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(120), default="")  # the act it is to prove
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CampusSession(db.Model):
    """What the campus calls a session of ours, so that either side can end the other's."""

    __tablename__ = "campus_session"
    __table_args__ = (Index("ix_campus_session_way", "way_id", "sid"),)

    token: Mapped[bytes] = mapped_column(
        ForeignKey("account_session.token", ondelete="CASCADE"), primary_key=True
    )
    way_id: Mapped[int] = mapped_column(ForeignKey("sign_in_way.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    sid: Mapped[str] = mapped_column(String(300), default="")  # OIDC sid, CAS service ticket
    hint_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # OIDC id_token


class CampusSeen(db.Model):
    """What counts once: a service ticket, the number of a sign-out token."""

    __tablename__ = "campus_seen"
    __table_args__ = (Index("ix_campus_seen_at", "at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
