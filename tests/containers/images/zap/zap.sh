#!/bin/sh
# Takes the limit of memory as the official one does.
memory=-Xmx512m
case "${1:-}" in -Xmx*) memory=$1; shift ;; esac
exec java "$memory" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/zap/lib/*' org.zaproxy.zap.ZAP -installdir /zap "$@"
