"""Forks refcmdb processes that have everything imported: a line of JSON in, a process id out.

Importing takes most of a server's start, and the tests of the faults start hundreds of servers.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys

import refcmdb.api.application
import refcmdb.commands.serve
import refcmdb.faults.catalogue
from refcmdb.__main__ import main

# All faults are read to tell their names: once, not in every server.
refcmdb.faults.catalogue.names = functools.cache(refcmdb.faults.catalogue.names)
refcmdb.faults.catalogue.names()


def run(arguments: list[str], environment: dict[str, str], log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    for standard in (1, 2):
        os.dup2(output, standard)
    os._exit(main(arguments))


# The kernel forgets children that have ended.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    child = os.fork()
    if not child:
        run(**json.loads(line))
    sys.stdout.write(f"{child}\n")
    sys.stdout.flush()
