#pragma once

#include <QString>

#include <optional>

namespace gantry::models {

// Where a text stops being JSON, in the coordinates of an editor.
struct JsonError {
    qsizetype offset = 0; // UTF-16 units from the start
    int line = 1;         // from 1
    int column = 1;       // from 1
    QString message;      // what was expected there
};

// Nothing when the text is one JSON value (RFC 8259), else its first error.
std::optional<JsonError> checkJson(const QString& text);

// The same value, indented by two spaces a level. Works on the tokens, so that key order, duplicate
// keys and long numbers stay as they were written. Text that is no JSON comes back unchanged.
QString formatJson(const QString& text);

} // namespace gantry::models
