# Takes back a call as often as the server likes.
# file: Sources/TightAPI/Transport/Call/OpenCall.swift
# finding: requests for
s/guard handOvers < Self\.mostHandOvers, /guard handOvers < 100, /
