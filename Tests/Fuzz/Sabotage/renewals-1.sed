# Reads an escape as another character.
# file: Sources/TightAPI/Renewal/JSONWalk.swift
# finding: error is
s/plain\.append\(0x08\)/plain.append(0x09)/
