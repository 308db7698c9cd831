-- The twenty conditions with the most patients, and when each was first recorded.
SELECT code_system, code, max(code_display) AS display,
       count(DISTINCT (source, patient_id)) AS patients,
       min(recorded_date_start) AS first_recorded
FROM conditions
WHERE code IS NOT NULL
GROUP BY code_system, code
ORDER BY patients DESC, code
LIMIT 20;
