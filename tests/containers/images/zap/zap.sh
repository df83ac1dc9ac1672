#!/bin/sh
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/zap/lib/*' org.zaproxy.zap.ZAP -installdir /zap "$@"
