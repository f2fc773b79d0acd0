#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::observe::logs {

// A regular expression that a user gave, found anywhere in a text. Searching is bounded: a text
// that makes the expression backtrack without end does not match. Used by one thread at a time.
class Regex final {
public:
    // The error is what is wrong with the expression, for its writer.
    static absl::StatusOr<Regex> compile(std::string_view expression, bool anyCase = false);
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;
    ~Regex();

    bool found(std::string_view text) const;
    // Start and end of the match and of each group of it, as far as they took part.
    using Spans = std::vector<std::optional<std::pair<std::size_t, std::size_t>>>;
    std::optional<Spans> search(std::string_view text, std::size_t from = 0) const;
    // Names of the groups in the order of their numbers, for (?<name>...).
    const std::vector<std::pair<std::uint32_t, std::string>>& names() const;

private:
    struct Compiled;
    explicit Regex(std::unique_ptr<Compiled> compiled);
    std::unique_ptr<Compiled> m_compiled;
};

} // namespace gantry::observe::logs
