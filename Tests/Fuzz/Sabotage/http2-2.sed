# Forgets a call whose answer has come.
# file: Sources/TightAPI/Transport/HTTP2/HTTP2Connection+Streams.swift
# finding: calls have no result
s/if call\.isAnswered \{ return call\.succeed\(\) \}/if call.isAnswered { return }/
