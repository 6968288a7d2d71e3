"""galera - a cluster of MariaDB servers on loopback

Each node has its own ports for clients, for the group, and for state that is
sent whole (by rsync) or in part; timeouts are those of a machine that talks to
itself, so that a node that was killed is missed within seconds.
"""

import os
import time

import mariadb

JOIN_SECONDS = 180
SYNCED = "4"

GROUP = {
    "gcache.size": "16M",
    "evs.keepalive_period": "PT0.3S",
    "evs.suspect_timeout": "PT1.5S",
    "evs.inactive_check_period": "PT0.3S",
    "evs.inactive_timeout": "PT3S",
    "evs.install_timeout": "PT3S",
    "pc.recovery": "false",
}


class Node(mariadb.Server):
    def __init__(self, cluster, folder, data, provider, scripts, ports,
                 all_ports):
        self.cluster = cluster
        group, sst, ist = ports
        inside = dict(GROUP, base_host="127.0.0.1", base_port=group, **{
            "gmcast.listen_addr": f"tcp://127.0.0.1:{group}",
            "ist.recv_addr": f"127.0.0.1:{ist}"})
        super().__init__(folder, data, **{
            "binlog_format": "ROW",
            "innodb_autoinc_lock_mode": 2,
            "innodb_flush_log_at_trx_commit": 2,
            "wsrep_on": "ON",
            "wsrep_provider": provider,
            "wsrep_provider_options": ";".join(
                f"{name}={value}" for name, value in inside.items()),
            "wsrep_cluster_name": "fleet",
            "wsrep_cluster_address": "gcomm://" + ",".join(
                f"127.0.0.1:{port[0]}" for port in all_ports),
            "wsrep_node_name": os.path.basename(folder),
            "wsrep_node_address": f"127.0.0.1:{group}",
            "wsrep_sst_method": "rsync",
            "wsrep_sst_receive_address": f"127.0.0.1:{sst}",
        })
        self.environment["PATH"] = scripts + ":" + os.environ["PATH"]

    def status(self, name):
        rows = self.sql(f"SHOW STATUS LIKE 'wsrep_{name}'")
        return rows[0][1] if rows else ""

    def is_ready(self):
        """As a node, it also waits until it has what the others have."""
        return super().is_ready() and \
            self.status("local_state") == SYNCED and \
            self.status("ready") == "ON"


class Cluster:
    """Nodes that hold the same rows; all started."""

    def __init__(self, folder, data, provider, scripts, count=3):
        ports = mariadb.free_ports(3 * count)
        ports = [ports[3 * i:3 * i + 3] for i in range(count)]
        self.nodes = [Node(self, folder / f"node{i + 1}", data, provider,
                           scripts, ports[i], ports) for i in range(count)]

    def __enter__(self):
        try:
            self.nodes[0].start("--wsrep-new-cluster")
            # One after the other: a donor gives to one at a time.
            for node in self.nodes[1:]:
                node.start()
            self.wait_for(len(self.nodes))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.kill()

    def wait_for(self, size):
        """Until those that live agree that they are so many."""
        deadline = time.monotonic() + JOIN_SECONDS
        for node in self.nodes:
            while node.process.poll() is None and not (
                    node.is_ready() and
                    node.status("cluster_size") == str(size)):
                if time.monotonic() > deadline:
                    raise mariadb.Trouble(
                        f"no cluster of {size}:\n" + node.complaint())
                time.sleep(0.1)
