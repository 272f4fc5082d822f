-- Placements follow their students (ADM-09). `which` is a condition on the student `s`.

-- statement: follow
-- College and major of the student, and a line in the trail. The date of the last change stays: nothing was
-- decided. A placement that is over moves as well (it may be restored), but only one that runs or is in
-- force says so in its trace.
WITH found AS MATERIALIZED (SELECT p.id, p.school_id, p.state, s.college_id, s.major_id,
    concat_ws(' ', oc.name, om.name) || ' → ' || concat_ws(' ', nc.name, nm.name) AS said
  FROM placement p JOIN student s ON s.id = p.student_id
    JOIN college oc ON oc.id = p.college_id JOIN major om ON om.id = p.major_id
    JOIN college nc ON nc.id = s.college_id JOIN major nm ON nm.id = s.major_id
  WHERE {which} AND (p.college_id, p.major_id) IS DISTINCT FROM (s.college_id, s.major_id)
  ORDER BY p.id FOR NO KEY UPDATE OF p),
moved AS (UPDATE placement p SET college_id = f.college_id, major_id = f.major_id
  FROM found f WHERE p.id = f.id)
{into} {lines} FROM found WHERE state IN ({stands}) ORDER BY id
