#include "backend/wire/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <absl/strings/str_cat.h>

#include <stdexcept>

namespace gantry::wire {
namespace {

constexpr std::uint32_t kMatchLimit = 100'000;
constexpr std::uint32_t kHeapLimitKiB = 4'096;

template <auto Free> struct Deleter {
    template <class T> void operator()(T* pointer) const { Free(pointer); }
};

} // namespace

struct Pattern::Compiled {
    std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> code;
    std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>> match;
    std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>> limits;
};

Pattern::Pattern(std::string expression)
    : m_expression(std::move(expression)), m_compiled(std::make_unique<Compiled>())
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    m_compiled->code.reset(
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(m_expression.data()), m_expression.size(),
                      PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_DOLLAR_ENDONLY |
                          PCRE2_ALT_BSUX, // \uHHHH as ECMAScript has it
                      &error, &offset, nullptr));
    if (!m_compiled->code) {
        throw std::invalid_argument(
            absl::StrCat("pattern ", m_expression, ": error ", error, " at ", offset));
    }
    // Without JIT (a host that forbids writable code) the interpreter does the same, slower.
    pcre2_jit_compile(m_compiled->code.get(), PCRE2_JIT_COMPLETE);
    m_compiled->match.reset(pcre2_match_data_create(1, nullptr));
    m_compiled->limits.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(m_compiled->limits.get(), kMatchLimit);
    pcre2_set_heap_limit(m_compiled->limits.get(), kHeapLimitKiB);
}

Pattern::~Pattern() = default;

bool Pattern::matches(std::string_view text) const
{
    // Captures are not wanted: 0 means that they did not fit, which is a match as well.
    return pcre2_match(m_compiled->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                       text.size(), 0, 0, m_compiled->match.get(), m_compiled->limits.get()) >= 0;
}

} // namespace gantry::wire
