# Finds a moment before the clock is set forward past it.
# file: Sources/RefreshCore/Schedule/ZoneRules.swift
# finding: the clock shows
s/let moment = max\(local - offset\(ofPeriod: period\), start\(ofPeriod: period\)\)/let moment = local - offset(ofPeriod: period)/
