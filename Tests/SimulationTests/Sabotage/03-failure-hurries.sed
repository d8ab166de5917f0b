# Lets a failure wait for nothing but the minimum interval.
# file: Sources/RefreshCore/Step/NextStep.swift
s/let wait = policy\.failureBackoff\.wait(after: next\.record\.failures, using: &random)/let wait = Duration.zero/
