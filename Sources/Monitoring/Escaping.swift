extension String {
    /// The text with every scalar replaced for which `escape` returns a replacement.
    ///
    /// It works scalar by scalar, as browsers and scrapers do: to Swift alone, a quote with a combining mark is another
    /// character.
    func escaping(_ escape: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if let escaped = escape(scalar) { result += escaped } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
