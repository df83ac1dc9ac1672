"""Every service in a container of its own, by testcontainers.

What the other providers start as processes, these modules start as containers on a network of the
run, and the rest of the product does not notice: PostgreSQL and Redis answer on 127.0.0.1 (with
TLS), what the witnesses read is mounted under the same path inside and outside, and the process of
the target is a process of this machine.
"""
