-- The latest value of one laboratory test (LOINC 4548-4, hemoglobin A1c) of each patient.
SELECT DISTINCT ON (o.source, o.patient_id)
       o.patient_id, p.family, p.given, o.effective_datetime_start AS measured_at, o.value_quantity AS value, o.value_unit AS unit
FROM observations AS o
JOIN patients AS p ON p.source = o.source AND p.id = o.patient_id
WHERE o.code_system = 'http://loinc.org' AND o.code = '4548-4' AND o.value_quantity IS NOT NULL AND o.status IN ('final', 'amended', 'corrected')
ORDER BY o.source, o.patient_id, o.effective_datetime_start DESC;
