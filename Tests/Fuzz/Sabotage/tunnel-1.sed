# Takes anything for an answer in HTTP.
# file: Sources/TightAPI/Transport/Connecting/ProxyTunnelHandler.swift
# finding: a tunnel without
s/guard bytes\.prefix\(Self\.version\.count\)\.elementsEqual\(Self\.version\.prefix\(bytes\.count\)\) else/guard bytes.count < 100_000 else/
