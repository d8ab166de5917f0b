# Counts a request as never written that was.
# file: Sources/TightAPI/Transport/HTTP2/HTTP2Callbacks.swift
# finding: requests were sent for
s/found\.isWritten = true/found.isWritten = false/
