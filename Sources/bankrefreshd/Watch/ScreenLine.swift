/// A line of a screen: a plain label, then text in a style.
struct ScreenLine: Equatable {
    static let blank = ScreenLine("")

    var label = ""
    var text: String
    var style: TextStyle?

    init(_ text: String, _ style: TextStyle? = nil) {
        self.text = text
        self.style = style
    }

    init(label: String, text: String, style: TextStyle?) {
        self.label = label
        self.text = text
        self.style = style
    }

    var columns: Int { label.columns + text.columns }

    func cut(to columns: Int) -> ScreenLine {
        let label = label.cut(to: columns)
        return ScreenLine(label: label, text: text.cut(to: columns - label.columns), style: style)
    }

    func rendered(isStyled: Bool) -> String {
        label + (style?.on(text, isShown: isStyled) ?? text)
    }
}
