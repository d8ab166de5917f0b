/// Makes rows of the lines of an NDJSON file.
struct NDJSONReader {
    private var object = FlatJSONObject()
    private var isFirst = true

    mutating func take(_ line: Span<UInt8>, number: Int, into rows: inout RowAssembler) throws(ImportRefusal) {
        if isFirst {
            isFirst = false
            if line[0] == UInt8(ascii: "[") { throw .jsonArray }
            if line[0] == UInt8(ascii: "{"), line.count == 1 { throw .spreadJSON }
        }
        do throws(RowProblem) {
            try object.read(line)
        } catch {
            return rows.refuse(line: number, error, object.bytes.span, id: object.fields[.userID])
        }
        rows.add(line: number, object.bytes.span, object.fields)
    }
}
