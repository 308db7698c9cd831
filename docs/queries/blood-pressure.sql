-- Blood pressure per month: the means of the systolic (LOINC 8480-6) and diastolic (8462-4) components of each measurement.
SELECT date_trunc('month', systolic.effective_datetime_start) AS month,
       round(avg(systolic.value_quantity), 1) AS systolic,
       round(avg(diastolic.value_quantity), 1) AS diastolic,
       count(*) AS measurements
FROM observation_components AS systolic
JOIN observation_components AS diastolic ON diastolic.source = systolic.source AND diastolic.id = systolic.id AND diastolic.code = '8462-4'
WHERE systolic.code = '8480-6' AND systolic.effective_datetime_start IS NOT NULL
GROUP BY month
ORDER BY month;
