"""postfix - a Postfix that is a spam trap, in the sandbox

Its configuration is examples/postfix, as a postmaster would add it to
main.cf, and what a case wants besides.
"""

import os
import pathlib
import shutil
import subprocess
import time

import machine

USER, POSTDROP = 901, 902

# The services a trap needs; "{smtpd}" is what stands on port 25.
MASTER = """\
smtp      inet  n - n -    {smtpd}
pickup    unix  n - n 60   1  pickup
cleanup   unix  n - n -    0  cleanup
qmgr      unix  n - n 300  1  qmgr
rewrite   unix  - - n -    -  trivial-rewrite
bounce    unix  - - n -    0  bounce
defer     unix  - - n -    0  bounce
trace     unix  - - n -    0  bounce
verify    unix  - - n -    1  verify
proxymap  unix  - - n -    -  proxymap
smtp      unix  - - n -    -  smtp
relay     unix  - - n -    -  smtp
showq     unix  n - n -    -  showq
error     unix  - - n -    -  error
retry     unix  - - n -    -  error
discard   unix  - - n -    -  discard
local     unix  - n n -    -  local
virtual   unix  - n n -    -  virtual
lmtp      unix  - - n -    -  lmtp
anvil     unix  - - n -    1  anvil
scache    unix  - - n -    1  scache
postlog   unix-dgram n - n - 1 postlogd
"""

# Loopback, the log, and no limits that a busy test would run into.
MAIN = """\
compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = /var/log/mail.log
myhostname = mx1.spampot.example
mydestination = mx1.spampot.example
mynetworks = 127.0.0.1/32
inet_interfaces = all
inet_protocols = all
smtp_host_lookup = native
disable_dns_lookups = yes
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_timeout = 30s
default_process_limit = 60
in_flow_delay = 0
"""


class Postfix:
    def __init__(self, case):
        self.case = case
        self.syslog = None
        machine.name_service()
        machine.add_user("postfix", USER, ("postdrop", POSTDROP))
        self.configure()

    def configure(self):
        case = self.case
        examples = pathlib.Path("/examples/postfix")
        main = MAIN + (examples / "main.cf").read_text() + case.main
        if case.syslog:
            main = main.replace("maillog_file = /var/log/mail.log\n", "")
            self.syslog = machine.Syslog("/var/log/mail.log",
                                         case.syslog == "iso")
        etc = pathlib.Path("/etc/postfix")
        shutil.copy("/usr/share/postfix/dynamicmaps.cf", etc)
        machine.write(etc / "main.cf", main)
        machine.write(etc / "master.cf",
                      MASTER.format(smtpd=case.smtpd) + case.master)
        machine.write(etc / "virtual", (examples / "virtual").read_text())
        machine.write("/etc/aliases", "myspampot: /dev/null\n"
                      "postmaster: /dev/null\n")
        for name, text in case.files.items():
            machine.write(etc / name, text)
        data = pathlib.Path("/var/lib/postfix")
        data.mkdir(parents=True, exist_ok=True)
        os.chown(data, USER, USER)
        for program in ("postdrop", "postqueue"):
            os.chown(f"/usr/sbin/{program}", 0, POSTDROP)
            os.chmod(f"/usr/sbin/{program}", 0o2755)
        subprocess.run(["postmap", "/etc/postfix/virtual"], check=True)
        subprocess.run(["newaliases"], check=True)

    def start(self):
        self.process = subprocess.Popen(["postfix", "start-fg"],
                                        stdin=subprocess.DEVNULL)
        machine.wait_for_smtp()

    def submit_locally(self):
        for user in machine.LOCAL_USERS:
            subprocess.run(["sendmail", "-f", user, "root@spampot.example"],
                           input=machine.LOCAL_MAIL, text=True, check=True)

    def wait_until_idle(self, seconds=120):
        """Until nothing is queued but what is held."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            queues = [name for queue in ("incoming", "active", "maildrop")
                      for _, _, files in os.walk(f"/var/spool/postfix/{queue}")
                      for name in files]
            if not queues:
                machine.wait_for_silence()
                return
            time.sleep(0.2)
        raise RuntimeError(f"still queued: {queues}")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
