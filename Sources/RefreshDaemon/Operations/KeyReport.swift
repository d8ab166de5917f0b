/// The keys that seal the store's tokens, and what is sealed with them.
package struct KeyReport: Codable, Sendable, Equatable {
    package struct Key: Codable, Sendable, Equatable {
        package var id: String
        /// Whether new tokens are sealed with it.
        package var seals: Bool
        /// False for a key that tokens are sealed with and nobody has.
        package var isAtHand: Bool
        /// How many tokens are sealed with it; nil where they were not counted.
        package var tokens: Int?

        package init(id: String, seals: Bool, isAtHand: Bool, tokens: Int? = nil) {
            self.id = id
            self.seals = seals
            self.isAtHand = isAtHand
            self.tokens = tokens
        }
    }

    package struct Resealing: Codable, Sendable, Equatable {
        /// The part of the store that was walked, 0 to 1.
        package var share: Double
        package var resealed: Int

        package init(share: Double, resealed: Int) {
            self.share = share
            self.resealed = resealed
        }
    }

    package var keys: [Key]
    /// What is under way; nil when nothing is.
    package var resealing: Resealing?
    /// Tokens whose key was lost, so that their users wait for new ones; nil where they were not counted, as below.
    package var givenUp: Int?
    /// Tokens in no known form.
    package var unreadable: Int?
    /// Why sealing anew was interrupted; it is tried again.
    package var failure: String?

    package init(
        keys: [Key], resealing: Resealing? = nil, givenUp: Int? = nil, unreadable: Int? = nil, failure: String? = nil
    ) {
        self.keys = keys
        self.resealing = resealing
        self.givenUp = givenUp
        self.unreadable = unreadable
        self.failure = failure
    }
}
