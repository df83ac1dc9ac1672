"""Planted faults, one module each, and sound look-alikes ("twins") that no check may accuse.

A module says in its docstring what it does, in ``KIND`` whether it is a ``fault`` or a ``twin``,
in ``CHECK`` which check it is for, in ``OPERATION`` where it sits; ``plant()`` puts it there,
before the application is built. Production code never imports this package.
"""
