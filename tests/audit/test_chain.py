"""The chain from outside: copies of roots, rebuilding, concurrency, killed runs, keys, the command line."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app import create_app
from app.audit import guarding, heads, roots, seals, tasks
from app.audit.content import EVENTS, SOURCES, TRAIL
from app.audit.findings import said
from app.audit.keys import Keys, row_mac
from app.audit.models import Mark, Root, Run, Seal
from app.audit.verifying import snapshot, verify
from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.workflow.models import Trail
from config import BadSettings
from tests.audit.conftest import as_superuser, head, note, write
from tests.audit.test_tampering import put_back
from tests.databases import furnished, make_database, settings_for
from tests.real import killed

pytestmark = pytest.mark.rule("TRU-05")


def next_day() -> None:
    clock.shift(
        timedelta(seconds=db.session.scalar(text("SELECT seconds FROM clock_shift")) + 86_400)
    )
    db.session.commit()


def kinds(**how) -> list[str]:
    return [found.kind for found in verify(**how).findings]


def last_id(table="trail") -> int:
    found = db.session.scalar(text(f"SELECT max(id) FROM {table}"))
    db.session.remove()
    return found


# -- what is covered ---------------------------------------------------------------------------------


def test_every_column_of_both_tables_is_digested(app):
    from app.accounts.log_models import SecurityEvent

    for model, source in ((Trail, TRAIL), (SecurityEvent, EVENTS)):
        assert {c.key for c in model.__table__.columns} - {"id"} == set(source.columns)


def test_the_functions_and_triggers_of_the_migrations_are_the_known_ones(kept):
    with snapshot() as connection:
        assert guarding.fingerprints(connection) == guarding.FUNCTIONS
        assert guarding.triggers(connection) is None


@pytest.mark.rule("GRD-05")
def test_the_public_hash_covers_the_device_and_older_rows_keep_theirs(kept):
    write(record=50)
    db.session.commit()
    row = last_id()
    with put_back():
        as_superuser(f"UPDATE trail SET device_id = 'another' WHERE id = {row}")
        assert "hash" in kinds()
        # a row from before the marks: its hash was made without the device
        as_superuser(
            f"UPDATE trail SET mark = NULL WHERE id = {row}",
            f"UPDATE trail SET hash = trail_hash(trail.*) WHERE id = {row}",
        )
        before = db.session.scalar(text(f"SELECT hash FROM trail WHERE id = {row}"))
        as_superuser(f"UPDATE trail SET device_id = 'third' WHERE id = {row}")
        assert before == db.session.scalar(
            text(f"SELECT trail_hash(trail.*) FROM trail WHERE id = {row}")
        )


def test_rows_written_by_sql_of_the_application_are_marked_too(kept):
    """INSERT … SELECT of bulk writers: a thousand rows, one statement, one mark."""
    db.session.execute(
        text(
            "INSERT INTO trail (kind, record_id, step, to_state, actor_role, actor_name, address, device,"
            " factor, reason, details, at) SELECT 'account', 9000 + n, 'open', 'active', 'admin', '管理员', '',"
            " '', '', '', '{}', app_now() FROM generate_series(1, 1000) n"
        )
    )
    db.session.commit()
    assert len(db.session.scalars(select(Mark)).all()[-1].trail_macs) == 16_000
    assert kinds() == []
    seals.seal_waiting()
    assert kinds() == []


def test_what_a_savepoint_took_back_is_not_marked(kept):
    with db.session.begin_nested() as inner:
        write(record=60)
        inner.rollback()
    write(record=61)
    with db.session.begin_nested():
        write(record=62)
    db.session.commit()
    mark = db.session.scalars(select(Mark).order_by(Mark.mark.desc()).limit(1)).one()
    assert [line.split()[1] for line in mark.trail_places.split("\n")] == ["61", "62"]
    db.session.remove()
    assert kinds() == []


def test_a_connection_that_the_database_ended_is_rolled_back_and_the_next_one_marks(kept):
    write(record=640)
    pid = db.session.scalar(text("SELECT pg_backend_pid()"))
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:p, 5000)"), {"p": pid})
    with pytest.raises(OperationalError):
        db.session.execute(text("SELECT 1"))
    db.session.rollback()
    db.session.remove()
    assert db.session.query(Trail).filter_by(kind="account", record_id=640).count() == 0
    write(record=641)
    db.session.commit()
    row = db.session.query(Trail).filter_by(kind="account", record_id=641).one()
    assert db.session.get(Mark, row.mark) is not None
    seals.seal_waiting()
    assert kinds() == []


# -- the place is named ------------------------------------------------------------------------------


def test_the_sentence_names_record_row_moment_and_what_happened(kept):
    write(kind="placement", record=77, n=3)
    db.session.commit()
    seals.seal_waiting()
    row = last_id()
    cases = {
        "altered": f"UPDATE trail SET reason = '改' WHERE id = {row - 1}",
        "missing": f"DELETE FROM trail WHERE id = {row - 1}",
    }
    for kind, statement in cases.items():
        with put_back():
            as_superuser(statement)
            found = verify().first
            assert found.kind == kind
            assert found.facts["row"] == row - 1
            assert found.facts["place"] == "placement 77 2"
            assert found.facts["seal"]
            assert str(row - 1) in said(found.kind, found.facts)
    with put_back():
        as_superuser(
            f"UPDATE trail SET id = -1 WHERE id = {row}",
            f"UPDATE trail SET id = {row} WHERE id = {row - 2}",
            f"UPDATE trail SET id = {row - 2} WHERE id = -1",
        )
        assert verify().first.kind == "reordered"


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE trail DISABLE TRIGGER trail_kept",
        "DROP TRIGGER trail_not_emptied ON trail",
        "DROP TRIGGER security_event_kept ON security_event",
        "ALTER TABLE placement DISABLE TRIGGER placement_has_trail",
        "CREATE OR REPLACE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "CREATE TRIGGER zz BEFORE INSERT ON trail FOR EACH ROW EXECUTE FUNCTION trail_chain()",
    ],
)
def test_guards_that_were_switched_off_are_named(server, tmp_path, statement):
    application = create_app(settings_for(furnished(server, "guards"), tmp_path))
    with application.app_context():
        seals.seal_waiting()
        assert kinds() == []
        db.session.remove()
        as_superuser(statement)
        assert kinds() == ["guard"]
        db.session.remove()
        db.engine.dispose()


_READ = """SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'trail'"""


def test_the_chain_is_read_by_its_index_even_while_the_trail_is_small(kept):
    """A plan that was made then stays for the session: it went through all lines for each new one."""
    db.session.execute(text("ANALYZE trail"))
    db.session.execute(text("DISCARD PLANS"))
    scans, looks = db.session.execute(text(_READ)).one()
    write(record=5, n=8)  # a plan of its own is made for the first ones
    after = db.session.execute(text(_READ)).one()
    assert after.seq_scan == scans
    assert after.idx_scan > looks


# -- copies from outside ------------------------------------------------------------------------------


def test_thirty_days_are_rebuilt_from_their_rows_and_give_the_published_roots(kept):
    """From the rows alone, with the key, every seal and every root comes out again."""
    for _day in range(30):
        write(record=5)
        note()
        db.session.commit()
        seals.seal_waiting()
        next_day()
    write(record=5)
    db.session.commit()
    seals.seal_waiting()
    published = {row["day"]: row["root"] for row in roots.published()}
    assert len(published) >= 30
    assert rebuilt() == published
    assert kinds(outside=list(published.items())) == []


def rebuilt(keys: Keys | None = None) -> dict[str, str]:
    """Day → root, made anew: digests of the rows as they stand, seals over them, roots over those."""
    from app.audit.keys import keys as ours

    keys = keys or ours()
    mac_of = {}
    for source in SOURCES:
        for key_id in set(db.session.scalars(select(Seal.key_id).distinct())):
            for key, content in db.session.execute(
                text(f"SELECT id, {source.content} FROM {source.table}")
            ):
                mac_of[source.name, key_id, key] = row_mac(*keys.row(key_id, source.name), content)
    heads_, previous = {}, seals.START
    for seal in db.session.scalars(select(Seal).order_by(Seal.no)):
        parts = seals.shown(seal)
        for n, source in enumerate(SOURCES):
            ids = [
                key
                for span in getattr(seal, f"{source.name}_ids")
                for key in range(span.lower, span.upper)
            ]
            parts[3 * n + 1] = b"".join(mac_of[source.name, seal.key_id, key] for key in ids)
        made = Seal(
            no=seal.no,
            at=seal.at,
            key_id=seal.key_id,
            trail_total=seal.trail_total,
            event_total=seal.event_total,
            previous=previous,
        )
        previous = seals.seal_mac(made, parts)
        heads_[seal.no] = previous.hex()
    found, last = {}, ""
    for row in db.session.scalars(select(Root).order_by(Root.day)):
        last = roots.value_of(
            row.day, row.seal_no, heads_[row.seal_no], row.trail_total, row.event_total, last
        )
        found[row.day.isoformat()] = last
    db.session.remove()
    return found


def test_a_history_rewritten_with_the_key_itself_differs_from_the_copy_outside(kept):
    """Even who has key, database and files cannot reach a mail that went out."""
    next_day()
    write(record=8, n=2)
    db.session.commit()
    seals.seal_waiting()
    copy = [(row["day"], row["root"]) for row in roots.published()]
    with put_back():
        as_superuser(
            "DELETE FROM trail WHERE kind = 'account' AND record_id = 5",
            "DELETE FROM trail_mark",
            "DELETE FROM trail_seal",
            "DELETE FROM trail_root",
            "UPDATE trail SET mark = NULL",
            "UPDATE security_event SET mark = NULL",
            "UPDATE trail SET hash = trail_hash(trail.*)",
        )
        heads.forget()
        relinked()
        seals.seal_waiting()
        assert kinds() == []
        assert kinds(outside=copy) == ["root_differs"]
        assert kinds(root=copy[0][1]) == ["root_unknown"]


def relinked() -> None:
    as_superuser("""DO $$ DECLARE r trail; o record; last text; BEGIN
      FOR o IN SELECT DISTINCT kind, record_id FROM trail LOOP last := '';
        FOR r IN SELECT * FROM trail WHERE kind = o.kind AND record_id = o.record_id ORDER BY seq LOOP
          UPDATE trail SET previous = last WHERE id = r.id;
          UPDATE trail SET hash = trail_hash(trail.*) WHERE id = r.id RETURNING hash INTO last;
        END LOOP; END LOOP; END $$""")


def test_a_history_rebuilt_without_the_key_is_found_at_its_first_seal(kept, server, tmp_path):
    write(record=8)
    db.session.commit()
    seals.seal_waiting()
    url = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with put_back():
        as_superuser(
            "DELETE FROM trail_mark",
            "DELETE FROM trail_seal",
            "DELETE FROM trail_root",
            "UPDATE trail SET mark = NULL",
            "UPDATE security_event SET mark = NULL",
            "UPDATE trail SET hash = trail_hash(trail.*)",
        )
        relinked()
        another = base64.b64encode(secrets.token_bytes(32)).decode()
        stranger = create_app(settings_for(url, tmp_path, index_key=another))
        with stranger.app_context():
            seals.seal_waiting()
            db.session.remove()
            db.engine.dispose()
        assert verify().first.kind == "seal_altered"
        assert verify().first.facts["no"] == 1


def test_when_all_seals_are_gone_the_sealer_does_not_begin_anew(kept):
    with put_back():
        as_superuser("DELETE FROM trail_seal", "DELETE FROM trail_root")
        with pytest.raises(heads.Lost):
            seals.seal_waiting()
        db.session.rollback()
        assert tasks.seal.func() == 0
        assert verify().first.kind == "no_seals"


def test_a_database_that_was_set_back_stays_visible_until_an_operator_says_so(kept):
    seals.seal_waiting()  # what others left: the last seal is of this row alone
    write(record=9)
    db.session.commit()
    seals.seal_waiting()
    outside = head()
    with put_back():
        as_superuser(
            "DELETE FROM trail WHERE NOT id <@ (SELECT range_agg(r) FROM trail_seal s,"
            " unnest(s.trail_ids) r WHERE s.no < (SELECT max(no) FROM trail_seal))",
            "DELETE FROM trail_seal WHERE no = (SELECT max(no) FROM trail_seal)",
        )
        write(record=9)
        db.session.commit()
        seals.seal_waiting()
        assert head() == outside
        assert "head_cut" in kinds()
        done = kept.test_cli_runner().invoke(
            args=["audit", "restored", "--reason", "backup of the night"]
        )
        assert done.exit_code == 0, done.output
        assert kinds() == []


# -- honest work is no alarm ------------------------------------------------------------------------------


def test_eight_writers_rollbacks_and_a_killed_sealer_raise_no_alarm(kept):
    """Verified while they write; at the end nothing waits and nothing is missing."""
    stop, alarms, problems = threading.Event(), [], []

    def writer(n):
        with kept.app_context():
            for turn in range(12):
                write(record=700 + n, n=1 + turn % 3)
                if turn % 4 == 0:
                    note()
                if turn % 3 == 2:
                    db.session.rollback()
                else:
                    db.session.commit()
            db.session.remove()

    def sealer():
        with kept.app_context():
            while not stop.is_set():
                seals.seal_waiting()
                db.session.remove()

    def walker():
        with kept.app_context():
            while not stop.is_set():
                alarms.extend(kinds())
                db.session.remove()

    def guarded(call, *args):
        try:
            call(*args)
        except Exception as error:  # noqa: BLE001 (a thread's failure is the test's)
            problems.append(error)
            stop.set()

    writers = [threading.Thread(target=guarded, args=(writer, n)) for n in range(8)]
    others = [threading.Thread(target=guarded, args=(call,)) for call in (sealer, sealer, walker)]
    for thread in (*writers, *others):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in others:
        thread.join()
    seals.seal_waiting()
    assert (problems, alarms, kinds()) == ([], [], [])
    assert seals.waiting()[0] == 0


def test_a_sealer_killed_between_seal_and_commit_leaves_nothing_half_done(kept):
    seals.seal_waiting()  # of the tests before
    write(record=11, n=4)
    db.session.commit()
    killed(kept, seals.seal_waiting, seals, "_append")
    assert kinds() == []
    assert seals.waiting()[0] == 1
    assert seals.seal_waiting() == 4
    assert kinds() == []


def test_a_transaction_that_commits_late_is_sealed_in_its_turn(kept):
    """Lower ids that become visible after higher ones were sealed."""
    seals.seal_waiting()  # of the tests before
    held, go = threading.Event(), threading.Event()

    def slow():
        with kept.app_context():
            write(record=801)
            held.set()
            go.wait(30)
            db.session.commit()
            db.session.remove()

    thread = threading.Thread(target=slow)
    thread.start()
    assert held.wait(30)
    write(record=802)
    db.session.commit()
    assert seals.seal_waiting() == 1
    assert kinds() == []
    go.set()
    thread.join()
    assert kinds() == []
    assert seals.seal_waiting() == 1
    assert kinds() == []


# -- keys, mails, the past ------------------------------------------------------------------------------


def test_keys_rotate_and_one_that_is_missing_is_named(server, tmp_path):
    """Derived at first, then a key of its own, then the next one: all three verify; without the middle one not."""
    url = furnished(server, "rotated")
    first, second = (base64.b64encode(secrets.token_bytes(32)).decode() for _n in range(2))
    said_by = []
    for audit_keys in ("", f"k1:{first}", f"k2:{second},k1:{first}", f"k2:{second}"):
        application = create_app(settings_for(url, tmp_path, audit_keys=audit_keys))
        with application.app_context():
            write(record=14)
            db.session.commit()
            seals.seal_waiting()
            found = verify().findings
            said_by.append([(f.kind, f.facts.get("key")) for f in found])
            db.session.remove()
            db.engine.dispose()
    assert said_by == [[], [], [], [("seal_key", "k1")]]


@pytest.mark.parametrize(
    "wrong", ["short:AAAA", "nokey", ":" + "A" * 44, "derived:" + "A" * 43 + "="]
)
def test_a_key_that_is_none_stops_the_start_with_a_sentence(server, tmp_path, wrong):
    with pytest.raises(BadSettings, match="AUDIT_KEYS"):
        Keys.from_settings(settings_for(server, tmp_path, audit_keys=wrong))


def test_the_root_of_a_day_is_mailed_to_the_keepers(kept):
    write(record=12)
    db.session.commit()
    seals.seal_waiting()
    next_day()
    write(record=12)
    db.session.commit()
    seals.seal_waiting()
    newest = roots.published()[0]
    sent = db.session.scalars(
        select(Message).where(Message.key.like(f"root:{newest['day']}:%"))
    ).all()
    assert {message.address for message in sent} == {"keeper@example.com", "second@example.com"}
    assert all(newest["root"] in message.body for message in sent)


def test_days_on_which_nothing_ran_get_their_roots_afterwards(kept):
    before = len(roots.published(10_000))
    write(record=13)
    db.session.commit()
    seals.seal_waiting()
    for _day in range(4):
        next_day()
    write(record=13)
    db.session.commit()
    seals.seal_waiting()
    assert len(roots.published(10_000)) == before + 4
    assert kinds() == []


def test_rows_from_before_the_marks_are_taken_over_once(server, tmp_path):
    from flask_migrate import downgrade, upgrade

    application = create_app(settings_for(make_database(server, "before_marks"), tmp_path))
    with application.app_context():
        upgrade()
        downgrade(revision="0016_ways_in")
        with db.engine.begin() as connection:
            connection.connection.driver_connection.execute(
                "INSERT INTO trail (kind, record_id, step, to_state, actor_role, actor_name, address, device, factor,"
                " reason, details, at, device_id) SELECT 'account', n % 7, 'open', 'active', 'admin', 'x', '', '', '',"
                " '', '{}', app_now(), '' FROM generate_series(1, 25000) n"
            )
        upgrade()
        assert verify().first.kind == "no_seals"
        assert seals.seal_waiting() == 25_000
        assert kinds() == []
        as_superuser(
            "INSERT INTO trail (kind, record_id, seq, step, to_state, actor_role, actor_name, address, device, factor,"
            " reason, details, at, txid, previous, hash) VALUES ('account', 99, 1, 'open', 'active', 'admin', 'x', '',"
            " '', '', '', '{}', app_now(), 1, '', '')"
        )
        assert seals.seal_waiting() == 0
        assert verify().first.kind == "inserted"
        db.session.remove()
        db.engine.dispose()


# -- the command and the nightly run ------------------------------------------------------------------------


def run(app, *args):
    return app.test_cli_runner().invoke(args=["audit", "verify", *args])


def test_the_command_says_the_first_broken_place_and_exits_with_one(kept, tmp_path):
    write(kind="placement", record=78)
    db.session.commit()
    seals.seal_waiting()
    row = last_id()
    done = run(kept)
    assert done.exit_code == 0, done.output
    with put_back():
        as_superuser(f"UPDATE trail SET to_state = 'in_force' WHERE id = {row}")
        done = run(kept, "--language", "en")
        assert done.exit_code == 1
        assert f"Altered: row {row}, Placement (placement) 78, row 1 of its trail" in done.output
        chinese = run(kept)
        assert f"第 {row} 行" in chinese.output
        assert "(placement) 78 轨迹第 1 行" in chinese.output


def test_the_command_compares_with_a_mail_a_list_and_the_public_file(kept, tmp_path):
    for _day in range(2):
        write()
        db.session.commit()
        seals.seal_waiting()
        next_day()
    copy = roots.published()
    lines = "\n".join(f"> {row['day']}:  {row['root'].upper()}" for row in copy)
    listed, public, wrong = (tmp_path / name for name in ("mail.txt", "roots.json", "wrong.txt"))
    listed.write_text(f"Dear keeper,\n{lines}\nbye")
    public.write_text(json.dumps({"roots": copy}))
    wrong.write_text(f"{copy[0]['day']} {'0' * 64}")
    assert run(kept, "--roots", str(listed)).exit_code == 0
    assert run(kept, "--roots", str(public)).exit_code == 0
    assert run(kept, "--root", copy[-1]["root"]).exit_code == 0
    assert run(kept, "--roots", str(wrong)).exit_code == 1
    assert run(kept, "--root", "0" * 64).exit_code == 1
    assert run(kept, "--root", "no").exit_code == 2
    empty = tmp_path / "empty.txt"
    empty.write_text("nothing")
    assert run(kept, "--roots", str(empty)).exit_code == 2


def test_a_walk_from_a_day_on_reads_less_and_finds_what_is_later(kept):
    for _day in range(3):
        write()
        db.session.commit()
        seals.seal_waiting()
        next_day()
    first = date.fromisoformat(roots.published(10_000)[-1]["day"])
    last = date.fromisoformat(roots.published()[0]["day"])
    whole, part = verify(), verify(since=last)
    assert 0 < part.rows < whole.rows
    assert part.findings == []
    assert verify(since=first).rows == whole.rows
    row = last_id()
    with put_back():
        as_superuser(f"DELETE FROM trail WHERE id = {row}")
        assert verify(since=last).first.kind == "missing"


@pytest.mark.rule("ADM-07")
def test_the_nightly_run_is_kept_and_a_finding_is_mailed_to_the_administrators(kept):
    from app.audit.tasks import verify_all

    assert verify_all.func() == ""
    assert db.session.scalars(select(Run).order_by(Run.id.desc()).limit(1)).one().kind == ""
    row = last_id("security_event")
    with put_back():
        as_superuser(f"UPDATE security_event SET address = '10.0.0.1' WHERE id = {row}")
        assert verify_all.func() == "altered"
        sent = db.session.scalars(select(Message).where(Message.key.like("audit:%"))).all()
        assert len(sent) == 5  # the three administrators and the two keepers
        assert all("security" in m.body or "安全" in m.body for m in sent)
