# Takes a token of which an answer has two.
# file: Sources/TightAPI/Renewal/TokenAnswer.swift
# finding: another (refresh )?token than the answer has
s/guard !repeated\.contains\(field\), let range = values\[field\], let content/guard let range = values[field], let content/
