extension String {
    /// The text with what `escape` has something else for put in its place.
    ///
    /// Scalar by scalar, as browsers and scrapers read: with a mark on it a quote is another character for Swift alone.
    func escaping(_ escape: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if let escaped = escape(scalar) { result += escaped } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
