"""The page at /."""

from __future__ import annotations

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>refcmdb</title></head>
<body>
<main>
<h1>refcmdb</h1>
<p>A Network CMDB. The interface is described in
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</main>
</body>
</html>
"""
