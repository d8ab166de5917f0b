# Counts floors from the earliest moment that a call may have ended.
# file: Sources/RefreshDaemon/Fleet/SharedCalendar.swift
# test: SharedCalendarTests/.*shows the earlier end
s/state\.offset\.map { state\.latest - \$0 } ?? \.zero/state.offset.map { $0 - $0 } ?? .zero/
