"""Alembic's entry: our metadata, our database; the job queue's own tables are left alone."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine

from app.core import startup

config = context.config
database = current_app.extensions["migrate"].db
FOREIGN = ("procrastinate_", "fabtest_", "clock_shift", "steady")
# until 0.4.0 some were numbered as they were begun, not as they run: former name → name
FORMER = {
    "0009_bulk": "0007_bulk",
    "0007_offline": "0008_offline",
    "0008_destinations": "0009_destinations",
    "0012_planfiles": "0011_planfiles",
    "0011_exports": "0012_exports",
    "0014_checks": "0013_checks",
    "0013_people": "0014_people",
    "0034_origin": "0033_origin",
    "0035_filters": "0034_filters",
}


def ours(thing, name, kind, reflected, compare_to):
    """Leave out tables that are not models of ours."""
    return not (kind == "table" and name.startswith(FOREIGN))


def engine():
    """The database itself: the lock of a session holds through no pooler (SCL-02)."""
    address = startup.direct(current_app.config["QINGQIAN"])
    if address == current_app.config["SQLALCHEMY_DATABASE_URI"]:
        return database.engine
    return create_engine(address)


def _rename(connection):
    """A database that stands at a former name stands at the same migration's present one."""
    if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is not None:
        for former, name in FORMER.items():
            connection.exec_driver_sql(
                "UPDATE alembic_version SET version_num = %s WHERE version_num = %s", (name, former)
            )
    connection.commit()


def run():
    with engine().connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            include_object=ours,
            compare_type=True,
            transaction_per_migration=True,
        )
        # two releases at once: the second waits, then finds nothing to do
        connection.exec_driver_sql("SELECT pg_advisory_lock(7142026)")
        connection.commit()
        try:
            _rename(connection)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.exec_driver_sql("SELECT pg_advisory_unlock(7142026)")
            connection.commit()


run()
