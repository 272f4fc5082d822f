"""Signs of surrogate signing: acts by device and by address, staff accounts, sign-ins by address."""

from alembic import op

revision = "0020_signs"
down_revision = "0016_ways_in"
branch_labels = None
depends_on = None

STAFF = "role IN ('college', 'school', 'province', 'data', 'admin')"
INDEXES = (
    ("ix_trail_device", "trail (device_id, at)", "device_id <> ''"),
    ("ix_trail_address", "trail (address, id)", "actor_role = 'student' AND address <> ''"),
    (
        "ix_security_event_address",
        "security_event (address, id)",
        "actor_role = 'student' AND address <> ''",
    ),
    ("ix_ab_user_staff", "ab_user (school_id)", STAFF),
)


def upgrade():
    for name, on, where in INDEXES:
        op.execute(f"CREATE INDEX {name} ON {on} WHERE {where}")


def downgrade():
    for name, _on, _where in INDEXES:
        op.execute(f"DROP INDEX {name}")
