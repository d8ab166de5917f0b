# Loses bytes of a body that come one by one.
# file: Sources/TightAPI/Transport/HTTP1/HTTP1Connection.swift
# finding: cut into bytes the answer is
s/case \.body\(let part\): call/case .body(let part): if part.readableBytes > 1 { call/
s/(\.answer\?\.append\(part\))$/\1 }/
