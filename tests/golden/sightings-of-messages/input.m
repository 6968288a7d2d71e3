date,sender,client_ip,client_name,helo,message_id,recipients,size,outcome,mta,mta_host,queue_id
2013-03-07T04:12:33+00:00,joe@a.example,192.0.2.7,a.example,,1@a.example,info@trap.example,812,accepted,postfix,mx1,3F1A2B4C5D
2013-03-07T04:12:43+00:00,joe@a.example,192.0.2.8,a.example,,1@a.example,info@trap.example,812,accepted,postfix,mx1,41C7D2B4C5D
2013-03-07T04:12:53+00:00,joe@a.example,127.0.0.1,a.example,,1@a.example,info@trap.example,812,accepted,postfix,mx1,42C7D2B4C5D
