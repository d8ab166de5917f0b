# Calls whoever it claimed, however long ago.
# file: Sources/RefreshDaemon/Work/Daemon.swift
# test: LateCallTests/.*answered late is handed back
s/callWindow: ports\.fleet == nil ? nil : CallWindow\.span/callWindow: nil/
