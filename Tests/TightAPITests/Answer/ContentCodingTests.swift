import NIOCore
import RefreshCore
import Testing

@testable import TightAPI

struct ContentCodingTests {
    private static let text = #"{"result":"SUCCESS"}"#

    private func decoded(_ bytes: [UInt8], _ field: String?) -> HTTPAnswer {
        var answer = HTTPAnswer(status: 200)
        if let field { answer.note("Content-Encoding", field) }
        answer.append(ByteBuffer(bytes: bytes))
        answer.decode()
        return answer
    }

    @Test(arguments: [
        ("gzip", Compressed.gzip(text)), ("x-gzip", Compressed.gzip(text)), ("GZIP", Compressed.gzip(text)),
        ("identity, gzip", Compressed.gzip(text)), (" gzip ", Compressed.gzip(text)),
        // Two files, one after the other, are one body.
        ("gzip", Compressed.gzip(#"{"result":"#) + Compressed.gzip(#""SUCCESS"}"#)),
        ("deflate", Compressed.zlib(text)), ("deflate", Compressed.raw(text)),
        ("identity", Array(text.utf8)), ("", Array(text.utf8)), (nil, Array(text.utf8)),
    ])
    func `undoes what was compressed`(field: String?, bytes: [UInt8]) {
        let answer = decoded(bytes, field)
        #expect(String(buffer: answer.body) == Self.text)
        #expect(answer.bodyEnd == .complete)
        #expect(answer.size == bytes.count)
    }

    @Test(arguments: [
        ("br", Array("whatever".utf8), Malformation.Reason.unknownCoding),
        ("zstd", Array("whatever".utf8), .unknownCoding),
        ("compress", Array("whatever".utf8), .unknownCoding),
        ("gzip, gzip", Compressed.deflate(Compressed.gzip(text), window: 31), .severalCodings),
        ("deflate, br", Array("whatever".utf8), .severalCodings),
        ("gzip", Array(text.utf8), .damagedCoding), ("gzip", Compressed.zlib(text), .damagedCoding),
        ("gzip", Compressed.gzip(text) + [0], .cutCoding),
        ("gzip", Compressed.gzip(text) + Array("junk".utf8), .damagedCoding),
        ("deflate", Compressed.gzip(text), .damagedCoding), ("deflate", Array("<html>".utf8), .damagedCoding),
        ("deflate", Compressed.zlib(text) + [1], .damagedCoding),
        ("gzip", Array(Compressed.gzip(text).dropLast(9)), .cutCoding), ("gzip", [0x1F], .cutCoding),
        ("gzip", Array(Compressed.gzip(text).dropLast()), .cutCoding),
        ("deflate", Array(Compressed.zlib(text).dropLast()), .cutCoding),
        ("deflate", Array(Compressed.raw(text).dropLast(3)), .cutCoding),
    ])
    func `says why it cannot be undone`(field: String, bytes: [UInt8], problem: Malformation.Reason) {
        let answer = decoded(bytes, field)
        #expect(answer.bodyEnd == .notDecoded(problem))
        #expect(answer.body.readableBytes == 0)
    }

    @Test(arguments: [31, 15, -15] as [Int32])
    func `reads as much of a decompressed body as of another one, and no byte more`(window: Int32) {
        let field = window == 31 ? "gzip" : "deflate"
        let most = HTTPAnswer.longestBody
        let full = decoded(Compressed.deflate(Array(repeating: 0x20, count: most), window: window), field)
        #expect(full.body.readableBytes == most)
        #expect(full.bodyEnd == .complete)
        let more = decoded(Compressed.deflate(Array(repeating: 0x20, count: most + 1), window: window), field)
        #expect(more.bodyEnd == .notDecoded(.tooLargeDecoded))
        // A bomb: 30 MiB of nothing that fit into 30 KiB.
        let bomb = Compressed.deflate(Array(repeating: 0, count: 30 << 20), window: window)
        #expect(bomb.count < 40_000)
        #expect(decoded(bomb, field).bodyEnd == .notDecoded(.tooLargeDecoded))
    }

    @Test func `whatever comes is decoded or refused`() {
        var random = SystemRandomNumberGenerator()
        for whole in [Compressed.gzip(Self.text), Compressed.zlib(Self.text), Compressed.raw(Self.text)] {
            for _ in 0..<2_000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                let cut = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random)))
                for field in ["gzip", "deflate"] {
                    let answer = decoded(cut, field)
                    #expect(answer.body.readableBytes <= HTTPAnswer.longestBody)
                    #expect(answer.bodyEnd == .complete || answer.body.readableBytes == 0)
                }
            }
        }
    }

    @Test(arguments: [
        (Malformation.Reason.unknownCoding, "br", "compressed in an unknown way, 4 bytes of text/html as br"),
        (.severalCodings, "gzip, gzip", "compressed more than once, 4 bytes of text/html as gzip, gzip"),
        (.damagedCoding, "gzip", "damaged compressed data, 4 bytes of text/html as gzip"),
        (.cutCoding, "gzip", "compressed data that is cut off, 4 bytes of text/html as gzip"),
        (.tooLargeDecoded, "gzip", "too large once decompressed, 4 bytes of text/html as gzip"),
    ])
    func `a refresh and a renewal are malformed by it, with the reason in words`(
        problem: Malformation.Reason, coding: String, text: String
    ) throws {
        var answer = HTTPAnswer(status: 200, contentType: "text/html; charset=utf-8", contentCoding: coding)
        answer.size = 4
        answer.bodyEnd = .notDecoded(problem)
        let token = try randomToken()
        let outcome = OutcomeMapping.outcome(of: answer, for: token, now: .epoch)
        #expect(outcome.kind == .malformed)
        #expect(outcome.reason == "the answer is not understood: \(text)")
        let credentials = ClientCredentials(id: "us", secret: Secret("secret".utf8))
        let request = RenewalRequest(.refreshToken(token), credentials: credentials)
        #expect(RenewalMapping.answer(to: .answered(answer), for: request, now: .epoch) == .failed(outcome))
    }
}
