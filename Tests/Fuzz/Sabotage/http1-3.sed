# Sends a request twice.
# file: Sources/TightAPI/Transport/HTTP1/HTTP1Connection.swift
# finding: was sent 2 times
s/^        context\.write\(wrapOutboundOut\(request\), promise: promise\)/        context.write(wrapOutboundOut(request), promise: nil)\n&/
