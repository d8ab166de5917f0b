# Does not say where a key is that is given twice.
# file: Sources/RefreshConfiguration/ConfigurationFile.swift
# finding: no place
s/position: \$0\.position,/position: nil,/
