-- Senders that nobody has seen before yesterday. The view tells each once,
-- whatever the case of its domain.
SELECT first_day, sender, accepted, rejected, clients
  FROM senders
 WHERE first_day >= CURDATE() - INTERVAL 1 DAY
 ORDER BY first_day DESC, accepted DESC, sender;
