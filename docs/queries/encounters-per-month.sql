-- Encounters per month and class, with the mean duration of those that have an end.
SELECT date_trunc('month', start_start) AS month,
       coalesce(encounter_class, 'unknown') AS encounter_class,
       count(*) AS encounters,
       round(avg(extract(epoch FROM end_start - start_start) / 60)) AS mean_minutes
FROM encounters
WHERE start_start IS NOT NULL
GROUP BY month, encounter_class
ORDER BY month, encounter_class;
