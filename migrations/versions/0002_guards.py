"""What the database itself holds: the trace of every change of state, immutable terms, the clock, the jobs."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002_guards"
down_revision = "0001_base"
branch_labels = None
depends_on = None

STATEFUL = ("placement", "invitation", "employer")  # table and kind of record have one name

CLOCK = """
CREATE TABLE clock_shift (one boolean PRIMARY KEY DEFAULT true CHECK (one), seconds float NOT NULL);
INSERT INTO clock_shift (seconds) VALUES (0);
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT clock_timestamp() + make_interval(secs => (SELECT seconds FROM clock_shift))
$$;
"""

TRAIL = """
CREATE FUNCTION trail_hash(r trail) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    r.previous, r.kind, r.record_id, r.seq, r.school_id, r.step, r.from_state, r.to_state, r.actor_id,
    r.actor_role, r.actor_name, r.address, r.device, r.factor, r.reason, r.details,
    extract(epoch FROM r.at))::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION trail_chain() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER trail_chain BEFORE INSERT ON trail FOR EACH ROW EXECUTE FUNCTION trail_chain();

CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = '23001';
END $$;
CREATE TRIGGER trail_kept BEFORE UPDATE OR DELETE ON trail
  FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER trail_not_emptied BEFORE TRUNCATE ON trail
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER terms_kept BEFORE UPDATE OR DELETE ON terms
  FOR EACH ROW EXECUTE FUNCTION never_changed();

CREATE FUNCTION state_has_trail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before text := NULL;
  found int;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.state = OLD.state THEN RETURN NULL; END IF;
    before := OLD.state;
  END IF;
  SELECT count(*) INTO found FROM trail
    WHERE kind = TG_ARGV[0] AND record_id = NEW.id AND txid = pg_current_xact_id()::text::bigint
      AND to_state = NEW.state AND from_state IS NOT DISTINCT FROM before;
  IF found <> 1 THEN
    RAISE EXCEPTION '% %: % rows in the trail for % → %', TG_ARGV[0], NEW.id, found, before, NEW.state
      USING ERRCODE = '23001';
  END IF;
  RETURN NULL;
END $$;
"""


def upgrade():
    op.execute(CLOCK)
    op.execute(TRAIL)
    for name in STATEFUL:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name}_has_trail AFTER INSERT OR UPDATE OF state ON {name} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            f"EXECUTE FUNCTION state_has_trail('{name}')"
        )
        op.execute(
            f"CREATE TRIGGER {name}_not_deleted BEFORE DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION never_changed()"
        )
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade():
    op.execute(
        """
        DO $$ DECLARE thing record; BEGIN
          FOR thing IN SELECT tablename FROM pg_tables
            WHERE schemaname = current_schema AND tablename LIKE 'procrastinate%' LOOP
            EXECUTE format('DROP TABLE %I CASCADE', thing.tablename);
          END LOOP;
          FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p
            WHERE p.proname LIKE 'procrastinate%' AND p.pronamespace = current_schema::regnamespace LOOP
            EXECUTE 'DROP FUNCTION ' || thing.name || ' CASCADE';
          END LOOP;
          FOR thing IN SELECT typname FROM pg_type
            WHERE typname LIKE 'procrastinate%' AND typnamespace = current_schema::regnamespace
            AND typtype IN ('e', 'c') LOOP
            EXECUTE format('DROP TYPE %I CASCADE', thing.typname);
          END LOOP;
        END $$
        """
    )
    for name in STATEFUL:
        op.execute(f"DROP TRIGGER {name}_has_trail ON {name}")
        op.execute(f"DROP TRIGGER {name}_not_deleted ON {name}")
    op.execute("DROP FUNCTION state_has_trail() CASCADE")
    op.execute("DROP FUNCTION never_changed() CASCADE")
    op.execute("DROP FUNCTION trail_chain() CASCADE")
    op.execute("DROP FUNCTION trail_hash(trail)")
    op.execute("DROP FUNCTION app_now()")
    op.execute("DROP TABLE clock_shift")
