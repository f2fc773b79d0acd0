#include "backend/base/text.h"
#include "backend/observe/logs/filter_matcher.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <utility>

// [ip, user, ..., status = 4* || status = 5*, bytes > 1000]
namespace gantry::observe::logs::filter {
namespace {

// All of the tests of one of the alternatives.
using Alternatives = std::vector<std::vector<ValueTest>>;

struct Field {
    std::string name;
    Alternatives alternatives; // empty: any value
    bool ellipsis = false;     // any number of fields
};

// "a [b c] \"d e\"" -> a, b c, d e
std::vector<std::string_view> splitFields(std::string_view message)
{
    std::vector<std::string_view> fields;
    for (std::size_t i = 0; i < message.size();) {
        if (absl::ascii_isspace(static_cast<unsigned char>(message[i]))) {
            ++i;
            continue;
        }
        const char close = message[i] == '[' ? ']' : '"';
        const bool group = message[i] == '[' || message[i] == '"';
        const std::size_t end = group ? message.find(close, i + 1) : std::string_view::npos;
        if (end != std::string_view::npos) {
            fields.push_back(message.substr(i + 1, end - i - 1));
            i = end + 1;
            continue;
        }
        const std::size_t space = std::min(message.find_first_of(" \t\r\n", i), message.size());
        fields.push_back(message.substr(i, space - i));
        i = space;
    }
    return fields;
}

bool fieldHolds(const Field& field, std::string_view value)
{
    return field.alternatives.empty() ||
           std::any_of(field.alternatives.begin(), field.alternatives.end(), [&](const auto& all) {
               return std::all_of(all.begin(), all.end(),
                                  [&](const ValueTest& test) { return test.text(value); });
           });
}

class FieldsMatcher final : public FilterPattern::Matcher {
public:
    explicit FieldsMatcher(std::vector<Field> fields) : m_fields(std::move(fields))
    {
        m_ellipsis = static_cast<std::size_t>(
            std::find_if(m_fields.begin(), m_fields.end(),
                         [](const Field& field) { return field.ellipsis; }) -
            m_fields.begin());
    }

    bool matches(std::string_view message) const override
    {
        const auto values = splitFields(message);
        if (m_ellipsis == m_fields.size())
            return values.size() == m_fields.size() && holdFrom(0, 0, values, m_fields.size());
        const std::size_t after = m_fields.size() - m_ellipsis - 1;
        return values.size() >= m_ellipsis + after && holdFrom(0, 0, values, m_ellipsis) &&
               holdFrom(m_ellipsis + 1, values.size() - after, values, after);
    }

    void addTexts(std::vector<std::string>& texts) const override
    {
        for (const Field& field : m_fields) {
            if (field.alternatives.size() != 1)
                continue;
            for (const ValueTest& test : field.alternatives.front()) {
                if (std::string literal = test.literal(); !literal.empty())
                    texts.push_back(std::move(literal));
            }
        }
    }

private:
    bool holdFrom(std::size_t field, std::size_t value, const std::vector<std::string_view>& values,
                  std::size_t count) const
    {
        for (std::size_t i = 0; i < count; ++i) {
            if (!fieldHolds(m_fields[field + i], values[value + i]))
                return false;
        }
        return true;
    }

    std::vector<Field> m_fields;
    std::size_t m_ellipsis = 0; // its index, or the number of fields
};

class Parser final {
public:
    explicit Parser(std::string_view pattern) : m_cursor(pattern) {}

    absl::StatusOr<std::vector<Field>> parse()
    {
        std::vector<Field> fields;
        (void)m_cursor.accept("[");
        do {
            const std::size_t start = m_cursor.at();
            auto field = parseField();
            if (!field.ok())
                return field.status();
            if (field->ellipsis && std::any_of(fields.begin(), fields.end(),
                                               [](const Field& f) { return f.ellipsis; }))
                return wrong("only one ... is possible", start);
            fields.push_back(*std::move(field));
        } while (m_cursor.accept(","));
        if (!m_cursor.accept("]"))
            return wrong(", or ] is expected", m_cursor.at());
        m_cursor.skipSpace();
        if (!m_cursor.done())
            return wrong("nothing may follow ]", m_cursor.at());
        return fields;
    }

private:
    absl::StatusOr<Field> parseField()
    {
        Field field;
        if (m_cursor.accept("...")) {
            field.ellipsis = true;
            return field;
        }
        m_cursor.skipSpace();
        field.name = takeName();
        m_cursor.skipSpace();
        if (m_cursor.peek() == ',' || m_cursor.peek() == ']')
            return field;
        field.alternatives.emplace_back();
        do {
            if (absl::Status status = parseTest(field); !status.ok())
                return status;
        } while (nextTest(field));
        return field;
    }

    // Each further condition repeats the field's name.
    bool nextTest(Field& field)
    {
        const bool either = m_cursor.accept("||");
        if (!either && !m_cursor.accept("&&"))
            return false;
        if (either)
            field.alternatives.emplace_back();
        m_cursor.skipSpace();
        (void)takeName();
        return true;
    }

    absl::Status parseTest(Field& field)
    {
        auto test = ValueTest::parse(m_cursor, " \t\r\n,]&|");
        if (test.ok())
            field.alternatives.back().push_back(*std::move(test));
        return test.status();
    }

    std::string takeName() { return std::string(m_cursor.takeUntil(" \t\r\n,]=!<>&|")); }

    Cursor m_cursor;
};

} // namespace

absl::StatusOr<std::unique_ptr<FilterPattern::Matcher>> parseFields(std::string_view pattern)
{
    auto fields = Parser(pattern).parse();
    if (!fields.ok())
        return fields.status();
    return std::make_unique<FieldsMatcher>(*std::move(fields));
}

} // namespace gantry::observe::logs::filter
