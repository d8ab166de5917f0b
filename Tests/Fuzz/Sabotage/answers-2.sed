# Repeats a token in a message.
# file: Sources/TightAPI/Answer/ErrorTexts.swift
# finding: an outcome shows a secret
s/fit\(texts\) \{ token\.redacted\(in: \$0\) \}/fit(texts) { $0 }/
