"""accidents - when to hit a run in the middle, and how often

A run that is killed before it did anything, or when it is done, tests nothing.
How long it takes is the machine's business, and changes with its load.
"""

import time

PATIENCE = 180           # seconds after which accidents are not waited for


class Span:
    """How long runs of one kind take, as the last of them have shown: the
    first one may have waited for a cold disk, or was alone on its machine."""

    def __init__(self, seconds):
        self.seconds = seconds

    def moment(self, rng):
        """Seconds from a run's start, almost always to before its end."""
        return rng.random() * self.seconds * 1.1

    def learn(self, moment, hit):
        """hit: the run was still at work at that moment."""
        if not hit:
            self.seconds = moment
        elif moment > self.seconds * 0.8:
            self.seconds *= 1.1


class Tally:
    """Accidents that hit a run: wanted, or as many as there is time for, but
    not less than least, however slow the machine is."""

    def __init__(self, what, wanted, least, seconds):
        self.what = what
        self.wanted = wanted
        self.least = least
        self.hits = 0
        self.began = time.monotonic()
        self.seconds = seconds

    def is_open(self):
        took = time.monotonic() - self.began
        limit = self.seconds if self.hits >= self.least else PATIENCE
        return self.hits < self.wanted and took < limit

    def complaints(self):
        if self.hits < self.least:
            yield f"only {self.hits} {self.what} in " \
                  f"{time.monotonic() - self.began:.0f} s"
