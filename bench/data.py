"""200,000 placements in 12 schools, one of 20,000: written by SQL, with the triggers asleep."""

from __future__ import annotations

import time

from flask_migrate import upgrade
from sqlalchemy import text

from app.codes.queries import load_shipped
from app.core.db import db

SCHOOLS, PLACEMENTS, BIGGEST, EMPLOYERS = 12, 200_000, 20_000, 3_000

STATEMENTS = (
    "SET session_replication_role = replica",
    """INSERT INTO school (id, code, name, contact, active)
       SELECT n, (10500 + n)::text, '第' || n || '大学', '', true FROM generate_series(1, :schools) n""",
    """INSERT INTO college (id, school_id, code, name)
       SELECT (s - 1) * 10 + c, s, lpad(c::text, 2, '0'), '第' || c || '学院'
       FROM generate_series(1, :schools) s, generate_series(1, 10) c""",
    """INSERT INTO major (id, school_id, college_id, code, name)
       SELECT c.id * 2 + m, c.school_id, c.id, '08' || m, c.name || m || '专业'
       FROM college c, generate_series(0, 1) m""",
    """INSERT INTO employer (id, uid, credit_code, name, school_id, state, kind, industry, location, contact_name,
         email, created_at, changed_at, profile_at)
       SELECT n, md5('e' || n), 'B' || lpad(n::text, 17, '0'), '光谷' || n || '科技有限公司', 1 + n % :schools,
         'approved', '39', '34', '420111', '张先生', 'e@example.com', now(), now(), now()
       FROM generate_series(1, :employers) n""",
    """CREATE TEMP TABLE person AS
       SELECT n, CASE WHEN n <= :biggest THEN 1 ELSE 2 + n % (:schools - 1) END AS school, n % 10 AS c,
         substr('王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗', 1 + n % 20, 1)
         || substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平', 1 + (n / 20) % 20, 1)
         || CASE WHEN n % 3 = 0 THEN '' ELSE substr('刚桂英华玉萍红鑫浩宇轩子涵雨欣梓萱思远嘉', 1 + (n / 400) % 20, 1) END
         AS name
       FROM generate_series(1, :placements) n""",
    """INSERT INTO student (id, uid, school_id, college_id, major_id, class_name, graduation_year, student_no, name,
         sex, education, training_mode, origin_state, id_number_index, id_number_masked, phone_index, phone_masked,
         email, verified_at)
       SELECT n, md5('s' || n), school, (school - 1) * 10 + c + 1, ((school - 1) * 10 + c + 1) * 2 + n % 2, '1班',
         2025 + n % 3, '20' || lpad(n::text, 8, '0'), name, '1', '31', '1', 'approved',
         sha256(('i' || n)::bytea), '110101*****0839', sha256(('p' || n)::bytea), '138****0000',
         's@example.com', now() FROM person""",
    """INSERT INTO terms (id, created_at, position_kind, position, reply_days, probation_days, probation_pay, regular_pay,
         breach_penalty, report_place, report_by, workplace, contact_name, contact_phone, archive_receiver,
         household_kind)
       SELECT n, now(), '13', '软件工程师', 5, 60, 5000, 6000, 0, '武汉市洪山区1号', '2027-07-01', '420111', '张先生',
         '02787654321', 'NONE', 'NONE' FROM generate_series(1, :placements) n""",
    """INSERT INTO invitation (id, state, school_id, student_id, employer_id, terms_id, batch, sent_at, opens_at, reply_by,
         changed_at)
       SELECT n, 'accepted', school, n, 1 + n % :employers, n, md5(n::text), t, t + interval '1 hour',
         t + interval '5 days', t + interval '1 day'
       FROM person, LATERAL (SELECT now() - n * interval '1 minute' AS t) x""",
    """INSERT INTO placement (id, kind, state, school_id, college_id, major_id, student_id, graduation_year, employer_id,
         invitation_id, terms_id, agreement_no, employer_name, employer_credit_code, employer_kind,
         employer_industry, employer_location, created_at, changed_at, attested_at, review)
       SELECT n, 'online', s.state, p.school, (p.school - 1) * 10 + c + 1, ((p.school - 1) * 10 + c + 1) * 2 + n % 2, n,
         2025 + n % 3, e.id, n, n,
         CASE WHEN s.state = 'in_force' THEN '1' || (2025 + n % 3) || (10500 + p.school) || lpad(n::text, 6, '0') END,
         e.name, e.credit_code, '39', '34', '420111', t, t, CASE WHEN s.state = 'in_force' THEN t END, 'school'
       FROM person p JOIN employer e ON e.id = 1 + n % :employers,
         LATERAL (SELECT now() - n * interval '1 minute' AS t) x,
         LATERAL (SELECT CASE WHEN n % 20 = 0 THEN 'awaiting_school' WHEN n % 20 = 1 THEN 'refused'
                              ELSE 'in_force' END AS state) s""",
    """INSERT INTO trail (kind, record_id, seq, school_id, step, from_state, to_state, actor_role, actor_name, address,
         device, factor, reason, details, at, txid, previous, hash)
       SELECT k, n, 1, school, 'form', NULL, 'x', 'student', name, '', '', '', '', '{}', now(), 0, '', md5(n::text)
       FROM person, unnest(ARRAY['placement', 'invitation']) k""",
    """INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, placement_id, state, changed_at, sources,
         destination_code, employer_name)
       SELECT student_id, school_id, college_id, graduation_year, id, 'filled', now(), '{}', '10', employer_name
       FROM placement WHERE state = 'in_force'""",
    "SET session_replication_role = DEFAULT",
)
SEQUENCES = (
    "school",
    "college",
    "major",
    "employer",
    "student",
    "terms",
    "invitation",
    "placement",
)


def build() -> None:
    """Tables, codes, placements; analysed, and the seconds it took printed."""
    upgrade()
    load_shipped()
    db.session.commit()
    start = time.perf_counter()
    sizes = {
        "schools": SCHOOLS,
        "placements": PLACEMENTS,
        "biggest": BIGGEST,
        "employers": EMPLOYERS,
    }
    for statement in STATEMENTS:
        wanted = {k: v for k, v in sizes.items() if f":{k}" in statement}
        db.session.execute(text(statement), wanted)
    for table in SEQUENCES:
        db.session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    print(f"{PLACEMENTS:,} placements built in {time.perf_counter() - start:.0f} s")
