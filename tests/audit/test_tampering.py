"""Whoever has the database's password cannot alter, delete, insert or cut off a row unseen (S-14, TRU-05)."""

from __future__ import annotations

import random
import secrets
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.audit import guarding, heads, roots, seals
from app.audit.findings import said
from app.audit.verifying import verify
from app.core import clock, filestore
from app.core.db import db
from tests.audit.conftest import GUARDED, as_superuser, note, write
from tests.depth import times

pytestmark = pytest.mark.rule("TRU-05", "GRD-05")
DAYS = 12


@pytest.fixture(scope="module")
def history(kept_app):
    """Some days of rows, some sealed long ago, some waiting; (low ids, roots as an auditor copied them)."""
    with kept_app.app_context():
        for _day in range(DAYS):
            for record in range(1, 7):
                write(record=record, n=2)
                note()
                db.session.commit()
            seals.seal_waiting()
            clock.shift(timedelta(seconds=_shifted() + 86_400))
            db.session.commit()
        write(record=3, n=2)
        note("sign_out")
        db.session.commit()
        copy = roots.published()
        assert verify().findings == []
        db.session.remove()
    return {row["day"]: row["root"] for row in copy}


def _shifted() -> float:
    return db.session.scalar(text("SELECT seconds FROM clock_shift"))


@contextmanager
def put_back():
    """The tables as they were, whatever is done to them inside."""
    db.session.remove()
    with db.engine.begin() as connection:
        for table in (*GUARDED, "trail_mark"):
            connection.execute(text(f"CREATE TABLE kept_{table} AS TABLE {table}"))
        places = {
            c: connection.scalar(text(f"SELECT last_value FROM {c}"))
            for _t, c, _k in guarding.COUNTERS
        }
    head = filestore.read_named(heads.NAME)
    try:
        yield
    finally:
        db.session.remove()
        with db.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in (*GUARDED, "trail_mark"):
                connection.execute(text(f"DELETE FROM {table}"))
                connection.execute(text(f"INSERT INTO {table} TABLE kept_{table}"))
                connection.execute(text(f"DROP TABLE kept_{table}"))
            for counter, place in places.items():
                connection.execute(text(f"SELECT setval('{counter}', {place})"))
            connection.info.pop("audit_rows", None)
        if head is not None:
            filestore.save_named(heads.NAME, head)


# -- single tampers ----------------------------------------------------------------------------------

TEXTS = (
    "step",
    "from_state",
    "to_state",
    "actor_role",
    "actor_name",
    "address",
    "device",
    "device_id",
    "factor",
    "reason",
    "previous",
    "hash",
    "kind",
)
NUMBERS = ("record_id", "school_id", "actor_id", "seq", "txid", "mark")
EVENT_TEXTS = ("event", "outcome", "actor_role", "actor_name", "address", "device", "device_id")
EVENT_NUMBERS = ("user_id", "school_id", "actor_id", "mark")


def _ids(dice, table="trail", many=1):
    found = list(db.session.scalars(text(f"SELECT id FROM {table} ORDER BY id")))
    db.session.remove()
    return dice.sample(found, many)


def alter(dice):
    table, texts, numbers = dice.choice(
        [("trail", TEXTS, NUMBERS), ("security_event", EVENT_TEXTS, EVENT_NUMBERS)]
    )
    [row] = _ids(dice, table)
    column = dice.choice([*texts, *numbers, "details", "at"])
    value = {"details": """'{"x": 1}'""", "at": "at + interval '1 microsecond'"}.get(column)
    value = value or (
        f"coalesce({column}, 0) + 9999" if column in numbers else f"'{secrets.token_hex(2)}'"
    )
    return [f"UPDATE {table} SET {column} = {value} WHERE id = {row}"]


def alter_and_rehash(dice):
    """As above, and the public hashes of the record's whole trail made anew by the shipped function."""
    [row] = _ids(dice)
    return [
        f"UPDATE trail SET reason = 'forged', actor_name = 'somebody' WHERE id = {row}",
        f"""DO $$ DECLARE r trail; last text := ''; BEGIN
        FOR r IN SELECT t.* FROM trail t JOIN trail o ON o.kind = t.kind AND o.record_id = t.record_id
            WHERE o.id = {row} ORDER BY t.seq LOOP
          UPDATE trail SET previous = last WHERE id = r.id;
          UPDATE trail SET hash = trail_hash(trail.*) WHERE id = r.id RETURNING hash INTO last;
        END LOOP; END $$""",
    ]


def delete_one(dice):
    table = dice.choice(["trail", "security_event"])
    [row] = _ids(dice, table)
    return [f"DELETE FROM {table} WHERE id = {row}"]


def delete_a_record(dice):
    [row] = _ids(dice)
    return [
        f"DELETE FROM trail t USING trail o WHERE o.id = {row} AND t.kind = o.kind AND t.record_id = o.record_id"
    ]


def delete_the_tail(dice):
    table = dice.choice(["trail", "security_event"])
    many = dice.randint(1, 9)
    return [
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id DESC LIMIT {many})"
    ]


def insert_forged(dice):
    """A row of another's act, with the right public hash and even the number of a real transaction."""
    [row] = _ids(dice)
    return [
        f"""INSERT INTO trail (id, kind, record_id, seq, step, to_state, actor_id, actor_role, actor_name, address,
        device, factor, reason, details, at, txid, previous, hash, mark)
        SELECT nextval('trail_id_seq'), l.kind, l.record_id, l.seq + 1, 'accept', 'accepted', 5, 'student', 'x', '',
        '', 'sms', '', '{{}}', l.at, {dice.choice(["l.txid", "999999"])}, l.hash, '', {dice.choice(["l.mark", "NULL"])}
        FROM trail o JOIN LATERAL (SELECT * FROM trail t WHERE t.kind = o.kind AND t.record_id = o.record_id
          ORDER BY seq DESC LIMIT 1) l ON true WHERE o.id = {row}""",
        "UPDATE trail SET hash = trail_hash(trail.*) WHERE step = 'accept'",
    ]


def insert_by_the_front_door(dice):
    """With all triggers on: only the application's mark is missing."""
    row = """INSERT INTO trail (kind, record_id, step, to_state, actor_role, actor_name, address, device, factor,
        reason, details, at) VALUES ('account', 4, 'accept', 'accepted', 'student', 'x', '', '', 'sms', '',
        '{}', app_now())"""
    return ["SET LOCAL session_replication_role = origin", row]


def insert_an_event(dice):
    row = """INSERT INTO security_event (at, event, outcome, actor_role, actor_name, address, device, device_id,
        details) VALUES (app_now(), 'sign_in', 'done', '', '', '', '', '', '{}')"""
    return ["SET LOCAL session_replication_role = origin", row]


def swap_two(dice):
    table = dice.choice(["trail", "security_event"])
    one, two = _ids(dice, table, 2)
    return [
        f"UPDATE {table} SET id = -1 WHERE id = {one}",
        f"UPDATE {table} SET id = {one} WHERE id = {two}",
        f"UPDATE {table} SET id = {two} WHERE id = -1",
    ]


def set_a_counter_back(dice):
    counter = dice.choice(guarding.COUNTERS[:2])[1]
    return [f"SELECT setval('{counter}', 1)"]


def alter_a_seal(dice):
    no = db.session.scalar(text("SELECT max(no) FROM trail_seal"))
    db.session.remove()
    change = dice.choice(
        [
            "at = at + interval '1 second'",
            "trail_total = trail_total + 1",
            "event_total = event_total + 1",
            "trail_macs = trail_macs || '\\x00'",
            "trail_places = trail_places || 'x'",
            "key_id = 'other'",
            "event_ids = event_ids + '{[1,2)}'",
            "previous = mac",
            "mac = previous",
            "no = no + 1000",
        ]
    )
    return [f"UPDATE trail_seal SET {change} WHERE no = {dice.randint(2, no)}"]


def delete_a_seal(dice):
    no = db.session.scalar(text("SELECT max(no) FROM trail_seal"))
    db.session.remove()
    return [f"DELETE FROM trail_seal WHERE no = {dice.randint(1, no)}"]


def delete_the_last_seals(dice):
    return [
        f"DELETE FROM trail_seal WHERE no > (SELECT max(no) FROM trail_seal) - {dice.randint(1, 5)}"
    ]


def cut_everything_at_the_end(dice):
    """Rows, marks, seals and roots of the last days, all consistent: only what is outside knows."""
    many = dice.randint(1, 4)
    cut = f"(SELECT max(no) FROM trail_seal) - {many}"
    kept = f"(SELECT range_agg(r) FROM trail_seal s, unnest(s.trail_ids) r WHERE s.no <= {cut})"
    events = f"(SELECT range_agg(r) FROM trail_seal s, unnest(s.event_ids) r WHERE s.no <= {cut})"
    return [
        f"DELETE FROM trail WHERE NOT id <@ {kept}",
        f"DELETE FROM security_event WHERE NOT id <@ {events}",
        "DELETE FROM trail_mark",
        f"DELETE FROM trail_root WHERE seal_no > {cut}",
        "DELETE FROM trail_root WHERE seal_no = (SELECT max(seal_no) FROM trail_root)",
        f"DELETE FROM trail_seal WHERE no > {cut}",
    ]


def alter_a_root(dice):
    change = dice.choice(
        [
            "root = repeat('a', 64)",
            "head = repeat('b', 64)",
            "trail_total = 1",
            "previous = ''",
            "day = day + 9000",
            "seal_no = 1",
        ]
    )
    return [
        f"UPDATE trail_root SET {change} WHERE day = (SELECT day FROM trail_root ORDER BY day OFFSET {dice.randint(1, DAYS - 2)} LIMIT 1)"
    ]


def delete_a_root(dice):
    return [
        f"DELETE FROM trail_root WHERE day = (SELECT day FROM trail_root ORDER BY day OFFSET {dice.randint(0, DAYS - 2)} LIMIT 1)"
    ]


def alter_a_mark(dice):
    return [
        dice.choice(
            [
                "UPDATE trail_mark SET trail_macs = repeat('x', 32)::bytea",
                "DELETE FROM trail_mark",
                "UPDATE trail_mark SET key_id = 'none'",
            ]
        )
    ]


TAMPERS = (
    alter,
    alter,
    alter,
    alter_and_rehash,
    delete_one,
    delete_a_record,
    delete_the_tail,
    insert_forged,
    insert_by_the_front_door,
    insert_an_event,
    swap_two,
    set_a_counter_back,
    alter_a_seal,
    delete_a_seal,
    delete_the_last_seals,
    cut_everything_at_the_end,
    alter_a_root,
    delete_a_root,
    alter_a_mark,
)


@pytest.mark.parametrize("seed", range(times(4, 44)))
def test_each_of_ten_random_tampers_is_found(kept, history, seed):
    """Ten a seed, all kinds in their turn; each finding has its sentence."""
    dice = random.Random(seed)
    unseen = []
    for n in range(10):
        tamper = TAMPERS[(seed * 10 + n) % len(TAMPERS)]
        statements = tamper(dice)
        with put_back():
            as_superuser(*statements)
            found = verify().first
            if found is None:
                unseen.append((tamper.__name__, statements))
            else:
                assert said(found.kind, found.facts)
    assert unseen == []
    assert verify().findings == []


def test_every_kind_of_tamper_has_its_turn():
    assert times(4, 44) * 10 >= 2 * len(TAMPERS)
