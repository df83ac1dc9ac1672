"""The page at /."""

from __future__ import annotations

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>refcmdb</title></head>
<body>
<main>
<h1>refcmdb</h1>
<p>A Network CMDB, for people in <a href="/app/">the web application</a> or on
<a href="/ui/devices">plain pages</a>. The interface for programs is described in
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</main>
</body>
</html>
"""
