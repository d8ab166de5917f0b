import RefreshCore

extension Malformation {
    /// Keeps of the answer its size, its type and, where that is the trouble, its coding; `redacting` hides secrets.
    init(_ reason: Reason, of answer: HTTPAnswer, redacting: (String) -> String) {
        func fit(_ text: some StringProtocol) -> String { redacting(String(text)).sanitized(limit: 80) }
        var type = answer.contentType.map { fit($0.prefix { $0 != ";" }) } ?? ""
        if case .notDecoded = answer.bodyEnd, let coding = answer.contentCoding {
            type += (type.isEmpty ? "no content type" : "") + " as " + String(fit(coding).prefix(20))
        }
        self.init(reason, bytes: answer.size, contentType: type.isEmpty ? nil : type)
    }
}

extension ContentCoding.Problem {
    var reason: Malformation.Reason {
        switch self {
        case .unknown: .unknownCoding
        case .several: .severalCodings
        case .damaged: .damagedCoding
        case .cut: .cutCoding
        case .tooLarge: .tooLargeDecoded
        }
    }
}
