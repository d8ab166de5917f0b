# Forgets the minimum interval.
# file: Sources/RefreshCore/Step/NextStep+Moments.swift
s/user\.record\.reachedAt?\.advanced(by: policy\.minimumInterval)/user.record.reachedAt/
