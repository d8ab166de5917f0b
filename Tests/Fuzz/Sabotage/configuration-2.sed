# Shows a secret that was written into the file.
# file: Sources/RefreshConfiguration/Notations/Notation+Path.swift
# finding: a secret is shown
/\.inlineSecret,/,/showsValue/s/showsValue: false/showsValue: true/
