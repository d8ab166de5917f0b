# Tells of a daemon out of touch that the others have vanished.
# file: Sources/RefreshCore/Health/HealthJudge+Fleet.swift
# test: OutletTests/.*the judge says
s/!snapshot\.isOutOfTouch, let first/let first/
