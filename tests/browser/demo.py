"""The demo, filled once a run, and again and again as it was, under a product that goes on running.

A copy of every table lies in a schema of its own; `renew` puts it back in one transaction, so that web
and worker keep their connections. Numbers that were given are not given twice: sequences go on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from sqlalchemy import text

from app.audit.heads import NAME as HEAD
from tests.databases import keep_statements, make_database

ROOT = Path(__file__).resolve().parents[2]
DEMO = "demo"
PATIENCE = 120  # seconds a job may still be at work
# hundreds that no story reads; those of the people whom stories sign in as are drawn
NOT_DRAWN = """
DELETE FROM procrastinate_jobs WHERE task_name = 'placements.make_agreement'
  AND CAST(args ->> 'placement_id' AS bigint) NOT IN (SELECT p.id FROM placement p JOIN ab_user u
    ON u.student_id = p.student_id AND u.username LIKE 'student%')"""
KEEP = """
DO $$ DECLARE name text; BEGIN
  CREATE SCHEMA kept;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
  END LOOP;
END $$"""
# the registered worker goes on; the readings of signs are no page's to change
RENEW = """
DO $$ DECLARE name text; names text; fields text; BEGIN
  SET LOCAL session_replication_role = replica;
  SET LOCAL deadlock_timeout = '60s';  -- a request that nobody waits for any more gives way
  SELECT string_agg(format('public.%I', tablename), ', ') INTO names FROM pg_tables
    WHERE schemaname = 'kept' AND tablename NOT IN ('procrastinate_workers', 'reading');
  EXECUTE 'TRUNCATE ' || names;
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'kept' AND tablename NOT IN ('procrastinate_workers', 'reading')
  LOOP
    SELECT string_agg(quote_ident(attname), ', ') INTO fields FROM pg_attribute
      WHERE attrelid = format('public.%I', name)::regclass
        AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM kept.%1$I',
      name, fields);
  END LOOP;
END $$"""
LOCK = "LOCK TABLE procrastinate_jobs IN ACCESS EXCLUSIVE MODE"
AT_WORK = "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'doing')"


def environment(database: str, folder: Path, **more: str) -> dict[str, str]:
    """Of a process that serves the demo on that database."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
    here = {"DATABASE_URL": database, "QINGQIAN_INSTANCE": str(folder), "QINGQIAN_MODE": "demo"}
    return env | here | more


def fill_once(server: str, folder: Path) -> None:
    """The demo as a template, and its files; other processes of the run wait for it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [DEMO])  # until it is closed
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DEMO]).fetchone():
            return
        folder.mkdir()
        url = make_database(server, f"making_{DEMO}")
        with (folder / "log").open("w") as log:
            command, env = [sys.executable, "-m", "tests.browser.demo"], environment(url, folder)
            subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=log)
        keep(url, folder)
        connection.execute(f'ALTER DATABASE "making_{DEMO}_{os.getpid()}" RENAME TO "{DEMO}"')


def keep(database: str, folder: Path) -> None:
    """What there is now is what `renew` leads back to."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(KEEP)
        connection.execute("VACUUM ANALYZE")
    head = head_of(folder)
    shutil.copy(head, head.with_suffix(".kept"))


def renew(database: str, folder: Path) -> None:
    """Everything as it was kept, once nobody is at work: what waits to be done is forgotten."""
    head, until = head_of(folder), time.monotonic() + PATIENCE
    while True:
        with psycopg.connect(database) as connection:
            connection.execute(LOCK)
            if connection.execute(AT_WORK).fetchone() == (False,):
                connection.execute(RENEW)
                shutil.copy(head.with_suffix(".kept"), head)
                return
        assert time.monotonic() < until, "the worker does not come to an end"
        time.sleep(0.1)


def head_of(folder: Path) -> Path:
    """The head of the chain of seals, which stands outside the database."""
    return next(folder.rglob(HEAD))


def main() -> None:
    """Release, and what the worker does first of all: mail and documents."""
    from app.cli import release
    from app.core import jobs
    from app.core.db import db
    from run import create_app

    app = create_app()
    with app.app_context():
        keep_statements(db.engine)
        done = app.test_cli_runner().invoke(release, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        with db.engine.begin() as connection:
            connection.execute(text(NOT_DRAWN))
    jobs.work(app, once=True)


if __name__ == "__main__":
    main()
