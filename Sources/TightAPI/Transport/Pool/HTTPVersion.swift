/// The version of HTTP that the server speaks.
enum HTTPVersion {
    case http1, http2
}
