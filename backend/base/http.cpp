#include "backend/base/http.h"

#include "backend/base/text.h"

#include <absl/strings/match.h>

namespace gantry {

const HttpHeader* HttpRequest::header(std::string_view name) const
{
    for (const HttpHeader& candidate : headers) {
        if (absl::EqualsIgnoreCase(view(candidate.name), view(name)))
            return &candidate;
    }
    return nullptr;
}

} // namespace gantry
