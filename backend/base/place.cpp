#include "backend/base/place.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <vector>

namespace gantry {

std::string zoneId(const std::string& region)
{
    const std::vector<std::string> parts = absl::StrSplit(region, '-');
    std::string id;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string& part = parts[i];
        const bool twoWords = i > 0 && part.size() > 5 &&
                              (absl::StartsWith(part, "north") || absl::StartsWith(part, "south"));
        absl::StrAppend(&id, i == 0 ? part : part.substr(0, 1), twoWords ? part.substr(5, 1) : "");
    }
    return absl::StrCat(id, "-az1");
}

} // namespace gantry
