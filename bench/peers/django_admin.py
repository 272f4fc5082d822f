"""Django's admin over our placements, as its package comes and tuned; run by `python -m bench peers`.

Stands alone: runs in an environment that has Django and psycopg only. In: the address of the database and
the number of requests. Out: a JSON object {label: [CPU ms, wall ms, bytes]}, medians of a signed-in officer's page.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import django
from django.conf import settings

URL, ROUNDS = sys.argv[1], int(sys.argv[2])
parts = urlsplit(URL)
settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="__main__",
    USE_TZ=True,
    LANGUAGE_CODE="zh-hans",
    STATIC_URL="/static/",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.strip("/"),
            "USER": parts.username or "",
            "PASSWORD": parts.password or "",
            "HOST": parts.hostname or dict(parse_qsl(parts.query)).get("host", ""),
            "PORT": parts.port or "",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"options": "-c search_path=django,public"},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402


def named(table: str) -> type[models.Model]:
    """A table that has a name and nothing else that the list needs."""
    body = {
        "name": models.TextField(),
        "__module__": "__main__",
        "__str__": lambda self: self.name,
        "Meta": type("Meta", (), {"managed": False, "db_table": table, "app_label": "auth"}),
    }
    return type(table.capitalize(), (models.Model,), body)


College, Major = named("college"), named("major")


class Student(models.Model):
    """Whom the placement is of."""

    student_no = models.TextField()
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "student"
        app_label = "auth"


class Placement(models.Model):
    """The row of the list."""

    agreement_no = models.TextField(null=True)
    state = models.TextField()
    kind = models.TextField()
    school_id = models.IntegerField()
    employer_name = models.TextField()
    changed_at = models.DateTimeField()
    student = models.ForeignKey(Student, models.DO_NOTHING)
    college = models.ForeignKey(College, models.DO_NOTHING)
    major = models.ForeignKey(Major, models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "placement"
        app_label = "auth"


class AsItComes(admin.ModelAdmin):
    """The admin with the columns of our desk."""

    list_display = (
        "agreement_no",
        "state",
        "number",
        "who",
        "college",
        "major",
        "kind",
        "employer_name",
        "changed_at",
    )
    list_filter = ("state", "kind")
    search_fields = ("student__name",)
    list_per_page = 25
    ordering = ("-changed_at", "-id")

    def get_queryset(self, request: Any) -> Any:
        """One school's, as ours."""
        return super().get_queryset(request).filter(school_id=1)

    def number(self, row: Any) -> str:
        """The student's number."""
        return str(row.student.student_no)

    def who(self, row: Any) -> str:
        """The student's name."""
        return str(row.student.name)


class Tuned(AsItComes):
    """What its documentation advises: no full count, joins instead of a query a row."""

    show_full_result_count = False
    list_select_related = ("student", "college", "major")


sites = {"": admin.AdminSite(name="admin"), "tuned": admin.AdminSite(name="tuned")}
sites[""].register(Placement, AsItComes)
sites["tuned"].register(Placement, Tuned)
urlpatterns = [path("admin/", sites[""].urls), path("tuned/", sites["tuned"].urls)]


def measured(client: Client, address: str) -> list[float]:
    """Medians of CPU and wall in ms, and bytes."""
    cpu, wall, size = [], [], 0
    for n in range(ROUNDS + 3):
        c, w = time.process_time(), time.perf_counter()
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        size = len(answer.content)
        if n >= 3:
            cpu.append((time.process_time() - c) * 1000)
            wall.append((time.perf_counter() - w) * 1000)
    return [statistics.median(cpu), statistics.median(wall), size]


def main() -> None:
    """Its tables in a schema of their own, one officer, the pages."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS django")
    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("officer"))
    pages = {
        "first page": "",
        "page 1,000": "p=1000",
        "filtered by state": "state__exact=in_force",
        "name fragment": "q=伟刚",
    }
    found = {
        f"{name}, {label}": measured(client, f"/{site}/auth/placement/?{query}")
        for label, query in pages.items()
        for site, name in (("admin", "Django admin"), ("tuned", "tuned"))
    }
    json.dump(found, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
