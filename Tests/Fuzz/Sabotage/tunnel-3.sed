# Takes the first line for the whole head.
# file: Sources/TightAPI/Transport/Connecting/ProxyTunnelHandler.swift
# finding: a tunnel before the head has ended
s/firstRange\(of: Array\("\\r\\n\\r\\n"\.utf8\)\)/firstRange(of: Array("\\r\\n".utf8))/
