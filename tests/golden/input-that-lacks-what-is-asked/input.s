first_seen,last_seen,count,sender,client_ip,client_name,message_id
2013-03-07T04:12:33+00:00,2013-03-07T04:12:33+00:00,1,joe@a.example,192.0.2.7,a.example,1@a.example
