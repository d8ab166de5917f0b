# Counts a request as never written that was.
# file: Sources/TightAPI/Transport/HTTP1/HTTP1Connection.swift
# finding: was sent, and counts as never written
/call\.isWritten = true/d
