import NIOCore
import RefreshCore
import Testing

struct SystemAddressTests {
    /// What connects reads addresses with inet_pton(3); what is configured is read by the core, which has no such call.
    @Test func `the core takes for an address what the system takes for one`() throws {
        var random = SplitMix64(seed: 11)
        let pieces = ["", "0", "1", "ffff", "12345", "g", ":", "::", ".", "1.2.3.4", "256", "04", "00ff", "-1", "7f"]
        var addresses = 0
        for _ in 0..<40_000 {
            var text = (0..<Int.random(in: 1...9, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }
            .joined(separator: Bool.random(using: &random) ? ":" : Bool.random(using: &random) ? "." : "")
            if Bool.random(using: &random) { text = text.replacing(":::", with: "::") }
            let isAddress = (try? SocketAddress(ipAddress: text, port: 0)) != nil
            if isAddress { addresses += 1 }
            let host = text.contains(":") ? "[\(text)]" : text
            let found = (try? Authority(host))?.isAddress ?? false
            #expect(found == isAddress, "\(text)")
        }
        #expect(addresses > 1_000)
    }
}
