"""The ten codes that open an account whose second factor is lost (CHN-09): each counts once."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, update

from app.accounts.factor_models import RecoveryCode
from app.accounts.models import AppUser
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db

HOW_MANY = 10

_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no I, L, O, 0, 1


def use_recovery_code(user_id: int, code: str) -> bool:
    """Use the code up; False for one that is wrong or used. Not committed."""
    mine = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    used = (
        update(RecoveryCode)
        .where(*mine, RecoveryCode.digest == _recovery_digest(user_id, code))
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    )
    return db.session.scalar(used) is not None


def _recovery_digest(user_id: int, code: str) -> bytes:
    return cipher().blind_index(f"recovery:{user_id}", code)


def new_codes(user: AppUser) -> list[str]:
    """Ten new codes, shown once and kept as digests; the old ones are void. Not committed."""
    codes = ["".join(secrets.choice(_SIGNS) for _sign in range(10)) for _n in range(HOW_MANY)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    now = clock.now()
    db.session.add_all(
        RecoveryCode(user_id=user.id, digest=_recovery_digest(user.id, code), created_at=now)
        for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]
