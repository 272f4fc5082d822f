"""The cast: own college, other college, other school; student, employer, stranger; every staff role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_migrate import upgrade
from sqlalchemy import text

from app.accounts.models import AppUser
from app.codes.queries import load_shipped
from app.core import clock
from app.core.db import db
from app.people.employers.models import Employer
from app.people.schools.models import College, School
from app.people.students.models import Student
from app.workflow.actor import Role
from tests import factories as make

# a Monday without holidays near: the tests pass whatever day they run on
BEGINS = datetime(2026, 11, 23, 10, tzinfo=clock.SHANGHAI)
# no table has an id of another's, and none is the beginning of another: a test that takes one for
# another, or looks for one in a page, sees the difference whatever ran before it
IDS_APART = """DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT sequencename, 100 + row_number() OVER (ORDER BY sequencename) AS place
    FROM pg_sequences WHERE schemaname = 'public'
  LOOP EXECUTE format('ALTER SEQUENCE %I RESTART WITH %s', found.sequencename, found.place * 1000000);
  END LOOP; END $$"""


def furnish() -> None:
    """Make an empty database what every test begins with: tables, codes, the cast, one and the same moment."""
    upgrade()
    db.session.execute(text(IDS_APART))
    clock.shift(BEGINS - clock.now())
    load_shipped()
    Cast.make()
    db.session.commit()


@dataclass
class Cast:
    """Loaded anew in each test, so that changes stay inside it."""

    school: School
    other_school: School
    college: College
    other_college: College
    far_college: College
    student: Student
    classmate: Student
    neighbour: Student
    stranger: Student
    employer: Employer
    rival: Employer
    officer: AppUser
    other_officer: AppUser
    college_officer: AppUser
    other_college_officer: AppUser
    province: AppUser
    data: AppUser
    admin: AppUser
    security: AppUser
    audit: AppUser

    @staticmethod
    def make() -> None:
        """Write the cast once for the whole run."""
        school, other = make.make_school("10999", "青山大学"), make.make_school("10998", "碧水学院")
        college = make.make_college(school, "01", "计算机学院")
        next_door = make.make_college(school, "02", "法学院")
        far = make.make_college(other, "01", "外国语学院")
        make.make_student(college, "黄河水", student_no="A1")
        make.make_student(college, "李静", student_no="A2")
        make.make_student(next_door, "王强", student_no="B1")
        make.make_student(far, "买买提·吾布力", student_no="C1")
        make.make_employer(school, "星光集团有限公司")
        make.make_employer(other, "光谷科技有限公司")
        make.make_user(Role.SCHOOL, "officer", name="王老师", school_id=school.id)
        make.make_user(Role.SCHOOL, "officer2", name="赵老师", school_id=other.id)
        make.make_user(
            Role.COLLEGE, "college", name="李老师", school_id=school.id, college_id=college.id
        )
        make.make_user(
            Role.COLLEGE, "college2", name="周老师", school_id=school.id, college_id=next_door.id
        )
        make.make_user(Role.PROVINCE, "province", name="省中心")
        make.make_user(Role.DATA, "data", name="数据员", school_id=school.id)
        make.make_user(Role.ADMIN, "admin", name="管理员")
        make.make_user(Role.SECURITY, "security", name="安全员")
        make.make_user(Role.AUDIT, "audit", name="审计员")

    @classmethod
    def load(cls) -> Cast:
        """The cast as it stands in the database."""

        def by(model, column):
            return {getattr(row, column): row for row in db.session.query(model).all()}

        schools, colleges = by(School, "code"), by(College, "name")
        students, employers = by(Student, "student_no"), by(Employer, "name")
        users = by(AppUser, "username")
        return cls(
            school=schools["10999"],
            other_school=schools["10998"],
            college=colleges["计算机学院"],
            other_college=colleges["法学院"],
            far_college=colleges["外国语学院"],
            student=students["A1"],
            classmate=students["A2"],
            neighbour=students["B1"],
            stranger=students["C1"],
            employer=employers["星光集团有限公司"],
            rival=employers["光谷科技有限公司"],
            officer=users["officer"],
            other_officer=users["officer2"],
            college_officer=users["college"],
            other_college_officer=users["college2"],
            province=users["province"],
            data=users["data"],
            admin=users["admin"],
            security=users["security"],
            audit=users["audit"],
        )
