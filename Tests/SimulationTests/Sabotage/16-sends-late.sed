# Sends what was late by the time that a connection was free.
# file: Sources/TightAPI/Transport/Call/OpenCall.swift
# test: LateCallTransportTests/.*a call that is late is not sent
s/\$0 <= BootClock\.now/$0 <= .zero/
