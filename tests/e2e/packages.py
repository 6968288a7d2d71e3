"""packages - Debian's packages, downloaded and kept, for sandboxes"""

import os
import shutil
import subprocess
import sys

DOWNLOAD_SECONDS = 300


def give_up(reason):
    print("Bail out! " + reason)
    print("not ok - " + reason)
    print("0 passed, 1 failed")
    sys.exit(1)


def download(names, folder):
    """These packages and what they need that is not installed."""
    complete = folder / "complete"
    if complete.exists() and complete.read_text().split() == names:
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "partial").mkdir(parents=True)
    command = ["apt-get", "-qq", "-y", "--download-only", "--reinstall",
               "--no-install-recommends",
               "-o", f"Dir::Cache::archives={folder}/",
               "-o", f"DPkg::Lock::Timeout={DOWNLOAD_SECONDS // 2}", "install"]
    for attempt in (command + names, ["apt-get", "-qq", "update"],
                    command + names):
        done = subprocess.run(attempt, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              timeout=DOWNLOAD_SECONDS, check=False)
        if done.returncode == 0 and "update" not in attempt:
            complete.write_text("\n".join(names))
            return
    give_up(f"cannot download {names[0]}: {done.stderr.strip()}")


def check_machine(program):
    if os.geteuid() != 0:
        give_up("needs root, for namespaces: sudo ./bootstrap e2e")
    if not os.access(program, os.X_OK):
        give_up(f"no program {program}: ./bootstrap build makes it")
    for tool in ("apt-get", "dpkg-deb", "unshare", "mount",
                 "/usr/bin/python3"):
        if not shutil.which(tool):
            give_up(f"{tool} is missing: this test needs Debian")
