"""Reports on a database: indexes, slow statements, bloat. They read, and change nothing."""
