#include "backend/iam/policy_pattern.h"

#include "backend/base/text.h"
#include "backend/iam/policy_context.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include <algorithm>

#include <cstring>

namespace gantry::iam {
namespace {

bool isContinuation(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Bytes of the character that begins at the position.
std::size_t characterLength(std::string_view text, std::size_t at)
{
    std::size_t end = at + 1;
    while (end < text.size() && isContinuation(text[end]))
        ++end;
    return end - at;
}

// How many bytes of text the segment takes when laid at its beginning; npos when it does not fit.
std::size_t lay(std::string_view segment, std::string_view text)
{
    std::size_t at = 0;
    for (const char c : segment) {
        if (at >= text.size())
            return std::string_view::npos;
        if (c == Glob::kOne)
            at += characterLength(text, at);
        else if (c != text[at++])
            return std::string_view::npos;
    }
    return at;
}

bool isPlain(std::string_view segment)
{
    return segment.find(Glob::kOne) == std::string_view::npos;
}

// The end of the first place where the segment fits; npos when there is none.
std::size_t findSegment(std::string_view segment, std::string_view text)
{
    if (isPlain(segment)) { // memmem takes linear time, whatever the two texts are
        const void* found = memmem(text.data(), text.size(), segment.data(), segment.size());
        return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) +
                           segment.size()
                     : std::string_view::npos;
    }
    for (std::size_t start = 0; start < text.size(); start += characterLength(text, start)) {
        const std::size_t taken = lay(segment, text.substr(start));
        if (taken != std::string_view::npos)
            return start + taken;
    }
    return std::string_view::npos;
}

// The segment at the very end of the text.
bool endsWithSegment(std::string_view segment, std::string_view text)
{
    if (isPlain(segment))
        return text.ends_with(segment);
    std::size_t start = text.size();
    for (std::size_t i = segment.size(); i > 0; --i) {
        if (start == 0)
            return false;
        --start;
        if (segment[i - 1] == Glob::kOne) {
            while (start > 0 && isContinuation(text[start]))
                --start;
        } else if (segment[i - 1] != text[start]) {
            return false;
        }
    }
    return true;
}

// A value that holds the bytes reserved for wildcards is not UTF-8 and can match nothing.
bool isFillable(std::string_view value)
{
    return std::none_of(value.begin(), value.end(),
                        [](char c) { return c == Glob::kRun || c == Glob::kOne; });
}

} // namespace

std::string lowerCase(std::string_view text)
{
    return absl::AsciiStrToLower(view(text));
}

Glob::Glob(std::string compiled) : m_pattern(std::move(compiled))
{
    m_literal = std::none_of(m_pattern.begin(), m_pattern.end(),
                             [](char c) { return c == kRun || c == kOne; });
}

bool Glob::matches(std::string_view text) const
{
    if (m_literal)
        return text == m_pattern;
    std::string_view pattern(m_pattern);
    const std::size_t first = pattern.find(kRun);
    const std::size_t head = lay(pattern.substr(0, first), text);
    if (head == std::string_view::npos)
        return false;
    text.remove_prefix(head);
    if (first == std::string_view::npos)
        return text.empty();
    // Each segment between two runs goes to the first place where it fits; the last to the end.
    pattern.remove_prefix(first + 1);
    for (;;) {
        const std::size_t next = pattern.find(kRun);
        if (next == std::string_view::npos)
            return endsWithSegment(pattern, text);
        const std::string_view segment = pattern.substr(0, next);
        if (!segment.empty()) {
            const std::size_t end = findSegment(segment, text);
            if (end == std::string_view::npos)
                return false;
            text.remove_prefix(end);
        }
        pattern.remove_prefix(next + 1);
    }
}

PolicyPattern::PolicyPattern(std::string_view source, Options options)
    : m_source(source), m_options(options)
{
    std::string literal;
    const auto flush = [&] {
        if (!literal.empty())
            m_pieces.push_back({std::exchange(literal, {}), false, {}});
    };
    const auto put = [&](char c) {
        literal += m_options.ignoreCase ? absl::ascii_tolower(static_cast<unsigned char>(c)) : c;
    };
    for (std::size_t i = 0; i < source.size(); ++i) {
        const char c = source[i];
        const std::size_t close = m_options.variables && source.substr(i, 2) == "${"
                                      ? source.find('}', i + 2)
                                      : std::string_view::npos;
        if (close != std::string_view::npos) {
            const std::string_view inside = source.substr(i + 2, close - i - 2);
            if (inside == "*" || inside == "?" || inside == "$") {
                put(inside[0]);
            } else {
                flush();
                const std::size_t comma = inside.find(", ");
                Piece piece;
                piece.variable = true;
                piece.text =
                    lowerCase(view(absl::StripAsciiWhitespace(view(inside.substr(0, comma)))));
                if (comma != std::string_view::npos) {
                    const std::string_view fallback = inside.substr(comma + 2);
                    if (fallback.size() >= 2 && fallback.front() == '\'' && fallback.back() == '\'')
                        piece.fallback = fallback.substr(1, fallback.size() - 2);
                }
                m_pieces.push_back(std::move(piece));
                m_variables = true;
            }
            i = close;
        } else if (m_options.wildcards && c == '*') {
            // A run beside a run says nothing more.
            if (literal.empty() || literal.back() != Glob::kRun)
                literal += Glob::kRun;
        } else if (m_options.wildcards && c == '?') {
            literal += Glob::kOne;
        } else {
            put(c);
        }
    }
    flush();
    if (!m_variables)
        m_glob = Glob(m_pieces.empty() ? std::string() : std::move(m_pieces.front().text));
}

std::optional<std::string> PolicyPattern::fill(const PolicyContext& context) const
{
    std::string out;
    for (const Piece& piece : m_pieces) {
        if (!piece.variable) {
            out += piece.text;
            continue;
        }
        const std::string* value = context.single(piece.text);
        if (!value && piece.fallback)
            value = &*piece.fallback;
        if (!value || !isFillable(*value))
            return std::nullopt;
        out += m_options.ignoreCase ? lowerCase(*value) : *value;
    }
    return out;
}

bool PolicyPattern::matches(std::string_view text, const PolicyContext& context) const
{
    return m_options.ignoreCase ? matchesLower(lowerCase(text), context)
                                : matchesLower(text, context);
}

bool PolicyPattern::matchesLower(std::string_view text, const PolicyContext& context) const
{
    if (!m_variables)
        return m_glob.matches(text);
    std::optional<std::string> compiled = fill(context);
    return compiled && Glob(*std::move(compiled)).matches(text);
}

std::optional<std::string> PolicyPattern::resolved(const PolicyContext& context) const
{
    if (!m_variables)
        return m_source;
    std::optional<std::string> text = fill(context);
    if (text) {
        std::replace(text->begin(), text->end(), Glob::kRun, '*');
        std::replace(text->begin(), text->end(), Glob::kOne, '?');
    }
    return text;
}

std::vector<std::string> PolicyPattern::variableNames() const
{
    std::vector<std::string> names;
    for (const Piece& piece : m_pieces) {
        if (piece.variable)
            names.push_back(piece.text);
    }
    return names;
}

} // namespace gantry::iam
