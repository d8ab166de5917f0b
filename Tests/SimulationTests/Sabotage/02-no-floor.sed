# Forgets the minimum interval.
# file: Sources/RefreshCore/Step/NextStep+Moments.swift
s/\$0\.advanced(by: policy\.minimumInterval + policy\.debts\.total(since: \$0))/$0/
