#include "backend/observe/logs/regex.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>

namespace gantry::observe::logs {
namespace {

constexpr std::uint32_t kMatchLimit = 100'000;
constexpr std::uint32_t kHeapLimitKiB = 4'096;
constexpr std::size_t kLongest = 4'096;

template <auto Free> struct Deleter {
    template <class T> void operator()(T* pointer) const { Free(pointer); }
};

} // namespace

struct Regex::Compiled {
    std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> code;
    std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>> match;
    std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>> limits;
    std::vector<std::pair<std::uint32_t, std::string>> names;

    int run(std::string_view text, std::size_t from) const
    {
        return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                           0, match.get(), limits.get());
    }

    void readNames()
    {
        std::uint32_t count = 0;
        std::uint32_t size = 0;
        PCRE2_SPTR table = nullptr;
        pcre2_pattern_info(code.get(), PCRE2_INFO_NAMECOUNT, &count);
        pcre2_pattern_info(code.get(), PCRE2_INFO_NAMEENTRYSIZE, &size);
        pcre2_pattern_info(code.get(), PCRE2_INFO_NAMETABLE, &table);
        for (std::uint32_t i = 0; i < count; ++i, table += size)
            names.emplace_back((static_cast<std::uint32_t>(table[0]) << 8) | table[1],
                               reinterpret_cast<const char*>(table + 2));
        std::sort(names.begin(), names.end());
    }
};

absl::StatusOr<Regex> Regex::compile(std::string_view expression, bool anyCase)
{
    if (expression.size() > kLongest)
        return validationError("A regular expression may have 4,096 characters at most.");
    auto compiled = std::make_unique<Compiled>();
    int error = 0;
    PCRE2_SIZE offset = 0;
    const std::uint32_t options =
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOTALL | (anyCase ? PCRE2_CASELESS : 0U);
    compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()),
                                       expression.size(), options, &error, &offset, nullptr));
    if (!compiled->code) {
        std::array<PCRE2_UCHAR, 256> text{};
        pcre2_get_error_message(error, text.data(), text.size());
        return validationError(absl::StrCat("The regular expression ", view(expression),
                                            " is not valid: ",
                                            reinterpret_cast<const char*>(text.data()),
                                            " at character ", offset + 1, "."));
    }
    pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE);
    compiled->match.reset(pcre2_match_data_create_from_pattern(compiled->code.get(), nullptr));
    compiled->limits.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(compiled->limits.get(), kMatchLimit);
    pcre2_set_heap_limit(compiled->limits.get(), kHeapLimitKiB);
    compiled->readNames();
    return Regex(std::move(compiled));
}

Regex::Regex(std::unique_ptr<Compiled> compiled) : m_compiled(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

bool Regex::found(std::string_view text) const
{
    return m_compiled->run(text, 0) > 0;
}

std::optional<Regex::Spans> Regex::search(std::string_view text, std::size_t from) const
{
    if (from > text.size() || m_compiled->run(text, from) <= 0)
        return std::nullopt;
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(m_compiled->match.get());
    Spans spans(pcre2_get_ovector_count(m_compiled->match.get()));
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (ends[2 * i] != PCRE2_UNSET)
            spans[i] = {ends[2 * i], ends[2 * i + 1]};
    }
    return spans;
}

const std::vector<std::pair<std::uint32_t, std::string>>& Regex::names() const
{
    return m_compiled->names;
}

} // namespace gantry::observe::logs
