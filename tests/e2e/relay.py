"""relay - a content filter or before-queue proxy that lets all mail pass

Takes SMTP on a port and passes each command on to the next server, as a
virus scanner does. With hide_xforward it does not pass on who the client
was, as many filters do not.
"""

import socket
import socketserver
import threading


class Relay(socketserver.StreamRequestHandler):
    next_port = 0
    hide_xforward = False

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.next_port)) as wire:
            self.next = wire.makefile("rwb")
            self.answer(self.reply())
            for line in self.rfile:
                if not self.command(line):
                    return

    def reply(self):
        text = b""
        while True:
            line = self.next.readline()
            text += line
            if line[3:4] != b"-":
                return text

    def answer(self, text):
        if self.hide_xforward:
            text = b"".join(line for line in text.splitlines(True)
                            if b"XFORWARD" not in line or line[3:4] == b" ")
        self.wfile.write(text)
        self.wfile.flush()

    def command(self, line):
        self.next.write(line)
        self.next.flush()
        text = self.reply()
        self.answer(text)
        if line.upper().startswith(b"DATA") and text.startswith(b"354"):
            for line in self.rfile:
                self.next.write(line)
                if line == b".\r\n":
                    self.next.flush()
                    self.answer(self.reply())
                    return True
            return False
        return bool(text) and not line.upper().startswith(b"QUIT")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


def start(port, next_port, hide_xforward=False):
    """Serves until the process ends."""
    handler = type("Handler", (Relay,), {"next_port": next_port,
                                         "hide_xforward": hide_xforward})
    server = Server(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
