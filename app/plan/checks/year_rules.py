"""Rules that need the whole year: SELECTs from `check_base`, one line a graduate, with their facts."""

from __future__ import annotations

LIMITS = {
    "several": 3,  # employers with one telephone or address
    "crowd": 5,  # graduates at one small employer
    "at_once": 5,  # accepts from one address and device …
    "minutes": 10,  # … within so many minutes
    "share": 30,  # per cent of flexible kinds in a college …
    "enough": 20,  # … of so many settled graduates at least
}


def _twice(column: str, facts: str, more: str = "") -> str:
    return f"""SELECT b.student_id, jsonb_build_object('count', x.n{facts}) AS facts
  FROM check_base b JOIN (SELECT {column}, count(*) AS n FROM check_base
    WHERE {column.partition(",")[0]} IS NOT NULL {more} GROUP BY {column} HAVING count(*) > 1) x
    USING ({column})"""


def _shared(column: str, fact: str, most: int) -> str:
    """Rows whose value several employers have; a branch with the name of its parent is one of them."""
    return f"""SELECT b.student_id, jsonb_build_object('count', x.n, '{fact}', b.{column}) AS facts
  FROM check_base b JOIN (SELECT {column}, count(DISTINCT employer_name) AS n FROM check_base
    WHERE length({column}) > {most} GROUP BY 1 HAVING count(DISTINCT employer_name) >= :several) x
    USING ({column})"""


ID_TWICE = _twice("id_number_index, id_kind, id_country", "")
EXAMINEE = _twice("examinee_no", ", 'number', b.examinee_no", "AND examinee_no <> ''")
PHONE = _twice("phone_index", "")
CONTACT = _shared("contact_phone", "phone", 6)
ADDRESS = _shared("address", "address", 8)
NAMES = """SELECT b.student_id, jsonb_build_object('code', b.credit_code, 'count', x.n,
    'names', x.names) AS facts
  FROM check_base b JOIN (SELECT credit_code, count(*) AS n,
      string_agg(employer_name, '、' ORDER BY employer_name) AS names
    FROM (SELECT DISTINCT credit_code, employer_name FROM check_base
      WHERE credit_code IS NOT NULL AND employer_name IS NOT NULL) d
    GROUP BY 1 HAVING count(*) > 1) x USING (credit_code)"""
SMALL = """SELECT b.student_id, jsonb_build_object('count', x.n, 'name', b.employer_name) AS facts
  FROM check_base b JOIN (SELECT credit_code, employer_name, count(*) AS n FROM check_base
    WHERE employer_name <> '' AND (employer_kind = '33' OR left(credit_code, 2) = '92')
    GROUP BY 1, 2 HAVING count(*) >= :crowd) x
  ON x.employer_name = b.employer_name AND x.credit_code IS NOT DISTINCT FROM b.credit_code"""
_FACTS = ("employer_kind", "industry", "location")
_MODES = ", ".join(f"mode() WITHIN GROUP (ORDER BY {name}) AS {name}" for name in _FACTS)
_UNLIKE = ", ".join(f"CASE WHEN b.{name} <> x.{name} THEN '{name}' END" for name in _FACTS)
_DIFFER = " OR ".join(f"count(DISTINCT {name}) > 1" for name in _FACTS)
DIFFERS = f"""SELECT b.student_id, jsonb_build_object('fields', concat_ws(' ', {_UNLIKE})) AS facts
  FROM check_base b JOIN (SELECT credit_code, {_MODES} FROM check_base
    WHERE credit_code IS NOT NULL AND (placement_state = 'in_force'
      OR entry_state IN ('checked', 'reported'))
    GROUP BY 1 HAVING {_DIFFER}) x USING (credit_code) WHERE concat_ws(' ', {_UNLIKE}) <> ''"""
FLEXIBLE = """SELECT college_id, jsonb_build_object('count', n, 'share', 100 * flexible / n) AS facts
  FROM (SELECT college_id, count(*) AS n,
      count(*) FILTER (WHERE part IN ('flexible', 'freelance') OR destination_code = '12') AS flexible
    FROM check_base WHERE part IN ('agreement', 'employed', 'startup', 'flexible', 'freelance',
      'study') GROUP BY 1) x
  WHERE n >= :enough AND 100 * flexible > :share * n"""
# what the shorter layout prints of everybody: where most have it, the others were forgotten
KEPT = (
    "political_status",
    "study_years",
    "enrolled_on",
    "graduates_on",
    "teacher_training",
    "hardship",
)
_MOST = ", ".join(f"2 * count({name}) > count(*) AS {name}" for name in KEPT)
_GAP = ", ".join(f"CASE WHEN m.{name} AND b.{name} IS NULL THEN '{name}' END" for name in KEPT)
GAPS = f"""SELECT b.student_id, jsonb_build_object('fields', concat_ws(' ', {_GAP})) AS facts
  FROM check_base b CROSS JOIN (SELECT {_MOST} FROM check_base HAVING count(*) >= :enough) m
  WHERE concat_ws(' ', {_GAP}) <> ''"""
# who accepted from where is in the trace of the invitation, or of what the student entered
ACCEPTS = """SELECT student_id, jsonb_build_object('count', n) AS facts
  FROM (SELECT student_id, count(*) OVER (PARTITION BY t.address, t.device ORDER BY t.at
      RANGE BETWEEN make_interval(mins => :minutes) PRECEDING
        AND make_interval(mins => :minutes) FOLLOWING) AS n
    FROM (SELECT b.student_id, 'invitation' AS kind, b.invitation_id AS record_id
        FROM check_base b WHERE b.invitation_id IS NOT NULL
      UNION ALL SELECT b.student_id, 'placement', b.placement_id FROM check_base b
        WHERE b.placement_id IS NOT NULL AND b.invitation_id IS NULL) a
    JOIN trail t ON t.kind = a.kind AND t.record_id = a.record_id AND t.actor_role = 'student'
      AND (t.step = 'accept' OR a.kind = 'placement' AND t.from_state IS NULL)
    WHERE t.address <> '') y WHERE n >= :at_once"""
