# Takes a redirection for a tunnel.
# file: Sources/TightAPI/Transport/Connecting/ProxyTunnelHandler.swift
# finding: a tunnel without
s/case 200\.\.<300: return hasMore/case 200..<400: return hasMore/
