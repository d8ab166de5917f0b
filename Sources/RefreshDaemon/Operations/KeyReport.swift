/// The keys that encrypt the store's tokens, and what each of them encrypts.
package struct KeyReport: Codable, Sendable, Equatable {
    package struct Key: Codable, Sendable, Equatable {
        package var id: String
        /// Whether this key encrypts new tokens.
        package var seals: Bool
        /// False if tokens need this key and it is not in the key file.
        package var isAtHand: Bool
        /// The number of tokens that it encrypts; only `key-usage` counts them.
        package var tokens: Int?

        package init(id: String, seals: Bool, isAtHand: Bool, tokens: Int? = nil) {
            self.id = id
            self.seals = seals
            self.isAtHand = isAtHand
            self.tokens = tokens
        }
    }

    package struct Resealing: Codable, Sendable, Equatable {
        /// The share of the store that is done, from 0 to 1.
        package var share: Double
        package var resealed: Int

        package init(share: Double, resealed: Int) {
            self.share = share
            self.resealed = resealed
        }
    }

    package var keys: [Key]
    /// The progress of a re-encryption; nil if none runs.
    package var resealing: Resealing?
    /// The number of tokens that were given up because their key was lost; only `key-usage` counts them.
    ///
    /// Their users wait for new ones.
    package var givenUp: Int?
    /// The number of tokens in an unknown format; only `key-usage` counts them.
    package var unreadable: Int?
    /// Why the re-encryption was interrupted.
    ///
    /// The daemon tries again.
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
