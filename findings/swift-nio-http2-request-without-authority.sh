#!/usr/bin/env bash
# swift-nio-http2 1.46.0: the codec for servers refuses requests without :authority, which HAProxy sends.
#
# Expected: a request with `:method`, `:scheme`, `:path` and `host` is taken: these three are the mandatory pseudo-header
#       fields (RFC 9113 section 8.3.1), and a gateway that made it of an HTTP/1.1 request had to leave `:authority` out
#       (RFC 7540 section 8.1.2.3). HAProxy 2.6 does so for each HTTP/1.1 request that it sends to an HTTP/2 server.
# Seen: HTTP2FramePayloadToHTTP1ServerCodec throws MissingPseudoHeader(":authority"), and no request comes out. With
#       `:authority` in its place the same request comes out.
# Where it matters: a server that is built on the codec answers nobody who comes over HTTP/1.1 through such a gateway.
#
# Needs a Swift toolchain; builds a program of some lines with the package, which takes minutes.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
command -v swift >/dev/null || cannot "no swift"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p Sources/codec
cat > Package.swift <<'SWIFT'
// swift-tools-version:6.0
import PackageDescription
let package = Package(
    name: "codec",
    dependencies: [.package(url: "https://github.com/apple/swift-nio-http2.git", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.81.0")],
    targets: [.executableTarget(name: "codec", dependencies: [
        .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio")])])
SWIFT
cat > Sources/codec/main.swift <<'SWIFT'
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

for name in ["host", ":authority"] {
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
    var headers = HPACKHeaders([(":method", "POST"), (":scheme", "https"), (":path", "/")])
    headers.add(name: name, value: "localhost")
    do {
        try channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: true)))
        guard case .head(let head)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
            print("\(name): nothing")
            continue
        }
        print("\(name): \(head.method) \(head.uri), host \(head.headers["host"].first ?? "none")")
    } catch {
        print("\(name): \(error)")
    }
}
SWIFT
swift build >build.log 2>&1 || cannot "$(grep -m 1 error: build.log || tail -n 1 build.log)"
echo "version: swift-nio-http2 1.46.0, $(swift --version 2>/dev/null | head -n 1)"
seen=$(.build/debug/codec)
echo "$seen"
[[ $seen == "host: "*"authority"*$'\n'":authority: POST /, host localhost" ]] || { echo "changed"; exit 1; }
echo "as described"
