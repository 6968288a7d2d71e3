-- The networks that send most this month: what they got in, what was refused,
-- from how many addresses and senders, on how many days.
SELECT client_net AS network,
       SUM(outcome = 'accepted') AS accepted,
       SUM(outcome = 'rejected') AS rejected,
       COUNT(DISTINCT client_ip) AS clients,
       COUNT(DISTINCT sender) AS senders,
       COUNT(DISTINCT day) AS days,
       MAX(day) AS last_day
  FROM messages
 WHERE day >= DATE_FORMAT(CURDATE(), '%Y-%m-01') AND client_net <> ''
 GROUP BY client_net
 ORDER BY accepted DESC, rejected DESC, network
 LIMIT 20;
