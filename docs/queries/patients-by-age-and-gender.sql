-- Patients by age group and gender. A partial birth date (1987) counts from its first instant.
SELECT CASE WHEN age < 18 THEN '0-17' WHEN age < 40 THEN '18-39' WHEN age < 65 THEN '40-64' ELSE '65 and over' END AS age_group,
       coalesce(gender, 'unknown') AS gender,
       count(*) AS patients
FROM (SELECT gender, extract(year FROM age(birth_date_start))::int AS age FROM patients WHERE birth_date_start IS NOT NULL) AS aged
GROUP BY age_group, gender
ORDER BY age_group, gender;
