"""The chain over all records: marks of transactions, seals, daily roots, runs of the verifier."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_chain"
down_revision = "0016_ways_in"
branch_labels = None
depends_on = None

KEPT = ("trail_seal", "trail_root", "audit_run")

# the mark of the running transaction: the application reads by it what it has to vouch for
MARK = """
CREATE SEQUENCE trail_mark_seq;
CREATE FUNCTION audit_mark() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE mine bigint := nullif(current_setting('qingqian.mark', true), '')::bigint;
BEGIN
  IF mine IS NULL THEN
    mine := nextval('trail_mark_seq');
    PERFORM set_config('qingqian.mark', mine::text, true);
  END IF;
  RETURN mine;
END $$;
CREATE FUNCTION event_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.mark := audit_mark();
  RETURN NEW;
END $$;
CREATE TRIGGER security_event_mark BEFORE INSERT ON security_event
  FOR EACH ROW EXECUTE FUNCTION event_mark();
"""

# rows without a mark are from before: their hash does not cover the device
HASH = """
CREATE OR REPLACE FUNCTION trail_hash(r trail) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to((CASE WHEN r.mark IS NULL THEN jsonb_build_array(
    r.previous, r.kind, r.record_id, r.seq, r.school_id, r.step, r.from_state, r.to_state, r.actor_id,
    r.actor_role, r.actor_name, r.address, r.device, r.factor, r.reason, r.details,
    extract(epoch FROM r.at))
  ELSE jsonb_build_array(2,
    r.previous, r.kind, r.record_id, r.seq, r.school_id, r.step, r.from_state, r.to_state, r.actor_id,
    r.actor_role, r.actor_name, r.address, r.device, r.device_id, r.factor, r.reason, r.details,
    extract(epoch FROM r.at), r.mark) END)::text, 'UTF8')), 'hex')
$$;
CREATE OR REPLACE FUNCTION trail_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last trail;
BEGIN
  SELECT * INTO last FROM trail WHERE kind = NEW.kind AND record_id = NEW.record_id
    ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(last.seq, 0) + 1;
  NEW.previous := coalesce(last.hash, '');
  NEW.txid := pg_current_xact_id()::text::bigint;
  NEW.mark := audit_mark();
  NEW.hash := trail_hash(NEW);
  RETURN NEW;
END $$;
"""

BEFORE = """
CREATE OR REPLACE FUNCTION trail_hash(r trail) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    r.previous, r.kind, r.record_id, r.seq, r.school_id, r.step, r.from_state, r.to_state, r.actor_id,
    r.actor_role, r.actor_name, r.address, r.device, r.factor, r.reason, r.details,
    extract(epoch FROM r.at))::text, 'UTF8')), 'hex')
$$;
CREATE OR REPLACE FUNCTION trail_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last trail;
BEGIN
  SELECT * INTO last FROM trail WHERE kind = NEW.kind AND record_id = NEW.record_id
    ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(last.seq, 0) + 1;
  NEW.previous := coalesce(last.hash, '');
  NEW.txid := pg_current_xact_id()::text::bigint;
  NEW.hash := trail_hash(NEW);
  RETURN NEW;
END $$;
"""


def rows_of():
    """What a mark and a seal say of rows: which ones, a keyed digest of each, what each was about."""
    for name in ("trail", "event"):
        yield sa.Column(f"{name}_ids", postgresql.INT8MULTIRANGE(), nullable=False)
        yield sa.Column(f"{name}_macs", sa.LargeBinary(), nullable=False)
        yield sa.Column(f"{name}_places", sa.Text(), nullable=False)


def upgrade():
    moment = sa.DateTime(timezone=True)
    op.add_column("trail", sa.Column("mark", sa.BigInteger()))
    op.add_column("security_event", sa.Column("mark", sa.BigInteger()))
    op.create_index("ix_trail_mark", "trail", ["mark"])
    op.create_index("ix_security_event_mark", "security_event", ["mark"])
    op.create_index("ix_security_event_school", "security_event", ["school_id", "at", "id"])
    op.create_index("ix_security_event_event", "security_event", ["event", "at", "id"])
    op.create_index("ix_security_event_outcome", "security_event", ["outcome", "at", "id"])
    op.create_index("ix_security_event_address", "security_event", ["address", "at", "id"])
    op.execute(MARK)
    op.execute(HASH)
    op.create_table(
        "trail_mark",
        sa.Column("mark", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        *rows_of(),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "trail_seal",
        sa.Column("no", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        *rows_of(),
        sa.Column("trail_total", sa.BigInteger(), nullable=False),
        sa.Column("event_total", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "trail_root",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("seal_no", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("trail_total", sa.BigInteger(), nullable=False),
        sa.Column("event_total", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("made_at", moment, nullable=False),
    )
    op.create_table(
        "audit_run",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("actor_id", sa.Integer()),
    )
    for name in KEPT:
        op.execute(
            f"CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION never_changed()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_not_emptied BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
        )


def downgrade():
    """Rows written since keep a hash that the older function does not know."""
    for name in (*KEPT, "trail_mark"):
        op.drop_table(name)
    op.execute(BEFORE)
    op.execute("DROP TRIGGER security_event_mark ON security_event")
    op.execute("DROP FUNCTION event_mark()")
    op.execute("DROP FUNCTION audit_mark()")
    op.execute("DROP SEQUENCE trail_mark_seq")
    for name in ("mark", "school", "event", "outcome", "address"):
        op.drop_index(f"ix_security_event_{name}", "security_event")
    op.drop_index("ix_trail_mark", "trail")
    op.drop_column("security_event", "mark")
    op.drop_column("trail", "mark")
