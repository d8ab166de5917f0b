# Takes an id for an option.
# file: Sources/RefreshDaemon/Operations/FixCommand.swift
# finding: for a shell it is something else
s/let isOption = id\.rawValue\.utf8\.first == UInt8\(ascii: "-"\)/let isOption = id.rawValue.isEmpty/
