"""Questions of the reports that somebody keeps, and who gets their figures by mail each month (RPT-06)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.accounts.models import AppUser
from app.core.db import db

LONGEST_NAME, LONGEST_QUERY = 40, 600


class KeptQuestion(db.Model):
    """A report as its address asks it, under a name: the query, never the figures.

    Whoever opens it sees what the own scope shows. `shared`: with the colleagues of the owner's college, or
    of the whole school where the owner works for all of it (`questions.questions_for`).
    """

    __tablename__ = "kept_question"
    __table_args__ = (Index("uq_kept_question_name", "user_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    report: Mapped[str] = mapped_column(String(12))
    query: Mapped[str] = mapped_column(String(LONGEST_QUERY))
    shared: Mapped[bool] = mapped_column(default=False, server_default="false")
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    user: Mapped[AppUser] = relationship()


class QuestionMail(db.Model):
    """Who gets a question's figures on the first of each month: the own wish, one row a reader."""

    __tablename__ = "question_mail"

    question_id: Mapped[int] = mapped_column(
        ForeignKey("kept_question.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
