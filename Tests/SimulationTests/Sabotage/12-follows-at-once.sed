# Uses a time that was set forward before anybody was told.
# file: Sources/RefreshDaemon/Fleet/SharedCalendar.swift
# test: SharedCalendarTests/.*set forward changes nothing
s/return \.setForward(by: sample\.latest - offset)/defer { Self.adopt(sample, \&state) }; return .setForward(by: sample.latest - offset)/
