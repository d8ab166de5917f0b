# Writes a value into JSON as it is.
# file: Sources/Host/Journal/LogFormat+Stream.swift
# finding: no line|the line is JSON|is .*, not
s/line\.append\(jsonText: value\.span\)/line += [0x22] + value + [0x22]/
