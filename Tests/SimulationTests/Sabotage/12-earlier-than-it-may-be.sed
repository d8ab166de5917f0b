# Takes the later end of what a beat showed for the present.
# file: Sources/RefreshDaemon/Fleet/SharedCalendar.swift
# test: SharedCalendarTests/.*shows the earlier end
s/earliest: moment - answered/earliest: moment - asked/
