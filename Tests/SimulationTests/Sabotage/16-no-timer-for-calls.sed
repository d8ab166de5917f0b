# Makes no timer that ends the daemon when it is frozen.
# file: Sources/bankrefreshd/Assembly/LiveBank.swift
# soak: freeze_for_long
s/let timer = isStoreShared ? try Self\.makeTimer() : nil/let timer = isStoreShared ? nil : try Self.makeTimer()/
