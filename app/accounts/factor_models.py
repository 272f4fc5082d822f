"""The second factors of an account: passkeys, a code app, recovery codes (CHN-09)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class Passkey(db.Model):
    """A key of the person's device: only its public half is here. `sign_count` never goes back."""

    __tablename__ = "passkey"
    __table_args__ = (
        Index("ix_passkey_user", "user_id"),
        Index("uq_passkey_credential", "credential", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    credential: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CodeApp(db.Model):
    """The shared secret of a code app (TOTP, RFC 6238), sealed; `last_step`: the last 30 s used."""

    __tablename__ = "code_app"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RecoveryCode(db.Model):
    """One of ten codes for the day when telephone and key are gone: a keyed digest, good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("uq_recovery_code", "user_id", "digest", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class FactorChallenge(db.Model):
    """What one session was asked and has not answered yet; taken once, old after five minutes.

    `purpose` is ``prove`` or ``register`` (the challenge of a passkey) or ``app`` (the sealed secret
    of a code app that is being set up).
    """

    __tablename__ = "factor_challenge"

    session: Mapped[bytes] = mapped_column(
        ForeignKey("account_session.token", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
    )
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
