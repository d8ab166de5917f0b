# Does not say that it lives until it is ready.
# file: Sources/RefreshDaemon/Work/Daemon.swift
# test: FleetStartTests/.*a start waits for a store
s/group.addTask { await self.fleet?.run/group.addTask { if self.isReady.withLock(\\.self) { await self.fleet?.run/
s/{ self.isReady.withLock(\\.self) } }$/{ self.isReady.withLock(\\.self) } } }/
