"""cases - the traps that the end-to-end test sets

Each is an MTA, how it is configured beyond examples/, and what is sent to
it. To add one, add it to CASES.
"""

import dataclasses


@dataclasses.dataclass
class Case:
    name: str
    mta: str                # postfix or sendmail
    mails: int = 250
    syslog: str = ""        # rfc3164 or iso: through /dev/log
    files: dict = dataclasses.field(default_factory=dict)  # in /etc/MTA
    # Postfix
    main: str = ""          # appended to main.cf
    master: str = ""        # appended to master.cf
    smtpd: str = "- smtpd"  # what listens on port 25, after its process limit
    relay: tuple = ()       # relay.start(): port, next_port, hide_xforward
    # sendmail
    mc: str = ""            # before the MAILER lines
    refused_net: str = ""   # whose connections the access map refuses
    # What the client is to do besides
    screened: bool = False  # send again what was refused for now


# Mail that a filter has seen comes back here.
REINJECT = """\
127.0.0.1:10026 inet n - n - - smtpd
    -o content_filter= -o smtpd_proxy_filter=
    -o smtpd_authorized_xforward_hosts=127.0.0.0/8
    -o smtpd_relay_restrictions=permit_mynetworks,reject
"""
FILTER = "content_filter = smtp:[127.0.0.1]:10025\n"

CASES = [
    Case("postfix-plain", "postfix"),
    Case("postfix-syslog-long-ids", "postfix", syslog="iso",
         main="enable_long_queue_ids = yes\n"
              "smtpd_client_port_logging = yes\n"
              "smtputf8_enable = no\n"),
    Case("postfix-verdicts", "postfix",
         main="smtpd_helo_required = yes\n"
              "smtpd_delay_reject = no\n"
              "smtpd_sender_restrictions ="
              " check_sender_access regexp:/etc/postfix/senders\n"
              "smtpd_recipient_restrictions ="
              " check_recipient_access regexp:/etc/postfix/recipients\n"
              "header_checks = regexp:/etc/postfix/headers\n",
         files={"senders": "/^x_y/ WARN watched\n/^tag/ 554 no tags\n",
                "recipients": "/^sales@/ HOLD\n/^joe@/ DISCARD a trap\n",
                "headers": "/^Subject:/ WARN\n"
                           "/^Message-ID:.*relay=/ HOLD\n"
                           "/^Message-ID:.*fmt/ DISCARD\n"
                           "/^Message-ID:.*twice/ REJECT\n"}),
    Case("postfix-filter", "postfix", relay=(10025, 10026, True),
         main=FILTER, master=REINJECT),
    Case("postfix-filter-xforward", "postfix", relay=(10025, 10026),
         main=FILTER + "smtp_send_xforward_command = yes\n"
              "receive_override_options = no_address_mappings\n",
         master=REINJECT + "    -o receive_override_options=\n"),
    Case("postfix-proxy", "postfix", relay=(10025, 10026),
         main="smtpd_proxy_filter = 127.0.0.1:10025\n", master=REINJECT),
    Case("postfix-proxy-options", "postfix", relay=(10025, 10026, True),
         syslog="rfc3164",
         main="smtpd_proxy_filter = 127.0.0.1:10025\n"
              "smtpd_proxy_options = speed_adjust\n", master=REINJECT),
    Case("postfix-postscreen", "postfix", mails=150, screened=True,
         smtpd="1 postscreen",
         main="postscreen_greet_wait = 1s\n"
              "postscreen_greet_action = enforce\n"
              "postscreen_pipelining_enable = yes\n"
              "postscreen_pipelining_action = enforce\n"
              "postscreen_bare_newline_enable = yes\n"
              "postscreen_cache_map = internal:screened\n",
         master="smtpd pass - - n - - smtpd\n"),
    Case("sendmail-plain", "sendmail"),
    Case("sendmail-access", "sendmail", syslog="iso", refused_net="198.18.",
         mc="FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access.db')\n"
            "FEATURE(`accept_unqualified_senders')\n",
         files={"access": "Connect:198.18\tREJECT\n"
                          "From:tag+q@\tREJECT\n"
                          "From:evil.example\tERROR:5.7.1:550 no\n"
                          "To:sales@spampot.example\tREJECT\n"
                          "To:joe@spampot.example\tDISCARD\n",
                "virtusertable":
                    "joe@spampot.example\terror:nouser 550 No such user\n"
                    "@spampot.example\tmyspampot\n"}),
    Case("sendmail-loglevel-14", "sendmail",
         mc="define(`confLOG_LEVEL', `14')\n"),
]
BY_NAME = {case.name: case for case in CASES}
