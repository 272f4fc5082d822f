"""What the packages above tell the list of students, which lies below them: filled when they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select

from app.fab.declared import ListFilter
from app.workflow.actor import Actor

# what the list can be narrowed by, and what else its search finds: selects of the ids of students
FILTERS: list[ListFilter] = []
FINDS: list[Callable[[str, Actor], list[Select[Any]]]] = []
