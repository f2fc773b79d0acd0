#pragma once

#include "backend/observe/cloudwatch/statistics.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gantry::observe::cloudwatch {

// The name of a metric. Dimensions in the order of their names: another order is the same metric.
struct Metric {
    std::string space; // the namespace
    std::string name;
    std::vector<std::pair<std::string, std::string>> dimensions;

    auto operator<=>(const Metric&) const = default;
    void sortDimensions() { std::sort(dimensions.begin(), dimensions.end()); }
    // The dimensions as one text, for the database.
    std::string dimensionText() const
    {
        std::string text;
        for (const auto& [key, value] : dimensions)
            absl::StrAppend(&text, key, "\x1f", value, "\x1e");
        return text;
    }
    std::string key() const { return absl::StrCat(space, "\x1d", name, "\x1d", dimensionText()); }
};

std::vector<std::pair<std::string, std::string>> parseDimensions(std::string_view text);

// Bins of one width: [startMs + i * periodMs, + periodMs).
struct Grid {
    std::int64_t startMs = 0;
    std::int64_t periodMs = 60'000;
    std::size_t bins = 0;

    std::int64_t endMs() const { return startMs + static_cast<std::int64_t>(bins) * periodMs; }
    // Index of the bin that holds a time; bins when none does.
    std::size_t binOf(std::int64_t ms) const
    {
        return ms < startMs || ms >= endMs() ? bins
                                             : static_cast<std::size_t>((ms - startMs) / periodMs);
    }
};

} // namespace gantry::observe::cloudwatch
