-- What one sender did, oldest first: a row for each recipient. @sender is the
-- envelope sender as logged; '<>' is the null sender.
SELECT date, outcome, client_ip, client_name, recipient, message_id, size
  FROM messages LEFT JOIN recipients USING (id)
 WHERE sender = @sender
 ORDER BY instant, fraction, id, position;
