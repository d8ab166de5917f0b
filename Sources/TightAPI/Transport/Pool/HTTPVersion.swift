/// A version of HTTP that the server was found to speak.
enum HTTPVersion {
    case http1, http2
}
