#include "backend/api/error_location.h"

#include <cctype>
#include <charconv>
#include <optional>

namespace gantry::api {
namespace {

constexpr std::string_view kRoot = "/var/task/";

struct Match {
    ErrorLocation location;
    bool python = false;
    bool vendored = false; // in a dependency rather than the function's own code
};

int number(std::string_view text)
{
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// `, line 3`, `" Line 3` (the syntax errors of the Lambda runtime) or `:3`.
int lineAfter(std::string_view rest)
{
    if (rest.starts_with(':'))
        return number(rest.substr(1));
    for (const std::string_view word : {"line ", "Line "}) {
        const std::size_t at = rest.find(word);
        if (at != std::string_view::npos && at <= 3)
            return number(rest.substr(at + word.size()));
    }
    return 0;
}

// `File "/var/task/app.py", line 3` or `(/var/task/index.js:3:7)` or
// `file:///var/task/index.mjs:3`.
std::optional<Match> matchLine(std::string_view text)
{
    for (std::size_t at = text.find(kRoot); at != std::string_view::npos;
         at = text.find(kRoot, at + 1)) {
        const std::string_view tail = text.substr(at + kRoot.size());
        const bool quoted = at > 0 && text[at - 1] == '"';
        const std::size_t end = tail.find_first_of(quoted ? "\"\n" : ":)\"'\n");
        if (end == std::string_view::npos || end == 0)
            continue;
        const int line = lineAfter(tail.substr(end));
        if (line <= 0)
            continue;
        const std::string_view file = tail.substr(0, end);
        return Match{{std::string(file), line},
                     quoted,
                     file.find("node_modules/") != std::string_view::npos ||
                         file.find("site-packages/") != std::string_view::npos};
    }
    return std::nullopt;
}

// Python's syntax errors in the message: `invalid syntax (app.py, line 3)`.
ErrorLocation matchMessage(std::string_view message)
{
    const std::size_t at = message.rfind(", line ");
    const std::size_t open = at == std::string_view::npos ? at : message.rfind('(', at);
    if (open == std::string_view::npos)
        return {};
    std::string_view file = message.substr(open + 1, at - open - 1);
    if (file.starts_with(kRoot))
        file.remove_prefix(kRoot.size());
    const int line = number(message.substr(at + 7));
    return line > 0 && !file.empty() ? ErrorLocation{std::string(file), line} : ErrorLocation();
}

// Python puts the innermost frame last, Node first.
std::optional<Match> innermost(const std::vector<std::string>& lines)
{
    std::optional<Match> best;
    for (const std::string& text : lines) {
        auto match = matchLine(text);
        if (!match)
            continue;
        const bool better = !best || (best->vendored && !match->vendored) ||
                            (match->python && best->vendored == match->vendored);
        if (better)
            best = std::move(match);
    }
    return best;
}

} // namespace

ErrorLocation findErrorLocation(const std::vector<std::string>& stackTrace,
                                std::string_view message, const std::vector<std::string>& log)
{
    if (auto match = innermost(stackTrace))
        return match->location;
    if (auto match = matchLine(message))
        return match->location;
    if (ErrorLocation location = matchMessage(message); location.line > 0)
        return location;
    if (auto match = innermost(log))
        return match->location;
    return {};
}

} // namespace gantry::api
