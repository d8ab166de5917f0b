import RefreshConfiguration
import WebPage

extension WebAddress {
    init(_ address: ListenAddress) {
        self.init(host: address.host, port: address.port, isLoopback: address.isLoopback)
    }
}
