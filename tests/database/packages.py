"""packages - what the database test needs of Debian

MariaDB's server is installed without its package mariadb-server, which would
start one for the whole machine, add a user, and end those that run as root.
All that is wanted of it are the scripts by which Galera nodes send each other
their state; they are unpacked into build/database.
"""

import os
import pathlib
import shutil
import subprocess

import mariadb

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so",
             "/usr/lib64/galera-4/libgalera_smm.so")
SCRIPT = "wsrep_sst_rsync"
DOWNLOAD_SECONDS = 300


def provider():
    for path in PROVIDERS:
        if os.path.exists(path):
            return path
    raise mariadb.Trouble("Galera's library is missing: install galera-4")


def scripts(folder):
    """The folder that has wsrep_sst_rsync; downloaded into folder, if no
    installed mariadb-server brought it."""
    found = shutil.which(SCRIPT)
    if found:
        return os.path.dirname(found)
    unpacked = pathlib.Path(folder) / "mariadb-server"
    if not (unpacked / "usr/bin" / SCRIPT).exists():
        download("mariadb-server", pathlib.Path(folder), unpacked)
    return str(unpacked / "usr/bin")


def download(package, folder, unpacked):
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in (["download", package], ["update"], ["download", package]):
        done = subprocess.run(["apt-get", "-qq", *attempt], cwd=folder,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              timeout=DOWNLOAD_SECONDS, check=False)
        files = list(folder.glob(f"{package}_*.deb"))
        if files:
            break
    else:
        raise mariadb.Trouble(f"cannot download {package}: {done.stderr}")
    partial = unpacked.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", files[0], partial], check=True)
    partial.rename(unpacked)
    for file in files:
        file.unlink()
