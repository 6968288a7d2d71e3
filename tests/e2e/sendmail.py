"""sendmail - a sendmail that is a spam trap, in the sandbox

Its configuration is examples/sendmail, as a postmaster would add it to
sendmail.mc, and what a case wants besides. Its log comes by syslog only.
"""

import os
import pathlib
import smtplib
import subprocess
import time

import machine

BINARIES = "/usr/libexec/sendmail/"
SMMSP, SMMTA = 903, 904

# A plain sendmail.mc; "{features}" is the trap's and the case's part.
MC = """\
include(`/usr/share/sendmail/cf/m4/cf.m4')
OSTYPE(`linux')
define(`confDOMAIN_NAME', `mx1.spampot.example')
define(`QUEUE_DIR', `/var/spool/mqueue')
define(`confPID_FILE', `/run/sendmail.pid')
define(`ALIAS_FILE', `/etc/mail/aliases')
define(`STATUS_FILE', `/run/statistics')
define(`confQUEUE_LA', `9999')
define(`confREFUSE_LA', `9999')
define(`confTO_IDENT', `0s')
define(`confTO_COMMAND', `30s')
define(`confTO_DATABLOCK', `30s')
define(`confBAD_RCPT_THROTTLE', `0')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
{features}
DAEMON_OPTIONS(`Name=MTA, Family=inet, Port=25')
DAEMON_OPTIONS(`Name=MTA6, Family=inet6, Addr=::1, Port=25, Modifiers=O')
MAILER(`local')
MAILER(`smtp')
"""


class Sendmail:
    def __init__(self, case):
        self.case = case
        machine.name_service()
        machine.add_user("smmsp", SMMSP)
        machine.add_user("smmta", SMMTA)
        self.configure()
        self.syslog = machine.Syslog("/var/log/mail.log",
                                     case.syslog == "iso")

    def configure(self):
        etc = pathlib.Path("/etc/mail")
        examples = pathlib.Path("/examples/sendmail")
        features = (examples / "sendmail.mc").read_text() + self.case.mc
        machine.write(etc / "sendmail.mc", MC.replace("{features}", features))
        with open(etc / "sendmail.cf", "w", encoding="ascii") as cf:
            subprocess.run(["m4", "-D_CF_DIR_=/usr/share/sendmail/cf/",
                            etc / "sendmail.mc"], check=True, stdout=cf)
        for name in ("virtusertable", "aliases"):
            machine.write(etc / name, (examples / name).read_text())
        machine.write(etc / "local-host-names", "")
        machine.write(etc / "trusted-users", "")
        for name, text in self.case.files.items():
            machine.write(etc / name, text)
        for name in ("virtusertable", "access"):
            if (etc / name).exists():
                with open(etc / name, "rb") as table:
                    subprocess.run([BINARIES + "makemap", "hash", etc / name],
                                   check=True, stdin=table)
        for folder in ("mqueue", "mqueue-client"):
            path = pathlib.Path("/var/spool") / folder
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)

    def start(self):
        subprocess.run([BINARIES + "sendmail", "-bi"], check=True,
                       stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [BINARIES + "sendmail", "-L", "sm-mta", "-bD", "-q1m"],
            stdin=subprocess.DEVNULL)
        machine.wait_for_smtp()

    def submit_locally(self):
        """As its submission program does: by SMTP, from loopback."""
        for user in machine.LOCAL_USERS:
            with smtplib.SMTP("127.0.0.1", local_hostname="localhost") as smtp:
                smtp.sendmail(user, "root@spampot.example", machine.LOCAL_MAIL)

    def wait_until_idle(self, seconds=120):
        """Until nothing is queued, nor written to the log any more."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            queued = [name for name in os.listdir("/var/spool/mqueue")
                      if name.startswith("qf")]
            if not queued:
                machine.wait_for_silence()
                return
            time.sleep(0.2)
        raise RuntimeError(f"still queued: {queued}")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
