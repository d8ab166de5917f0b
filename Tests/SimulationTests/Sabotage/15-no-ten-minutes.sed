# Counts on the clock of a machine that may have stood still.
# file: Sources/RefreshCore/Ports/UserStore.swift
# test: NextStepTests/.*holds ten minutes longer
s/attempt\.delay = \.minutes(10)/attempt.delay = .zero/
