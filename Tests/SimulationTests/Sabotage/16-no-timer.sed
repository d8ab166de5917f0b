# Leaves the timer unarmed that ends a process that is frozen.
# file: Sources/Host/Process/DeadMansTimer.swift
# test: DeadMansTimerTests/.*a process that is stopped is killed
s/guard Self\.set(id, to: span)/guard Self.set(id, to: .days(1))/
