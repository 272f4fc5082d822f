"""The database handle: one metadata for our tables and Flask-AppBuilder's."""

from __future__ import annotations

from flask_appbuilder import Model
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from psycopg import Connection

db = SQLAlchemy(model_class=Model, session_options={"autoflush": False})
migrate = Migrate()


def driver_connection() -> Connection:
    """The psycopg connection of the running transaction: what is written on it commits with it."""
    connection = db.session.connection().connection.driver_connection
    assert isinstance(connection, Connection)
    return connection
