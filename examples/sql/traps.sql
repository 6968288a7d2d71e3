-- Which traps are hit: how often, from how many addresses, and since when.
-- A trap that few write to tells more about those few.
SELECT recipient, COUNT(*) AS messages,
       COUNT(DISTINCT client_ip) AS clients,
       COUNT(DISTINCT sender) AS senders,
       MIN(day) AS first_day, MAX(day) AS last_day
  FROM recipients JOIN messages USING (id)
 WHERE outcome = 'accepted'
 GROUP BY recipient
 ORDER BY messages DESC, recipient
 LIMIT 50;
