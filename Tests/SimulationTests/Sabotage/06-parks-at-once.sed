# Parks for the first refusal.
# file: Sources/RefreshCore/User/Refusal.swift
s/turns >= Self\.mostTurns/turns >= 1/
