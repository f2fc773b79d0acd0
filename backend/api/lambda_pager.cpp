#include "backend/api/lambda_pager.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_format.h>

#include <algorithm>

namespace gantry::api {
namespace {

constexpr int kMaxItems = 50;

} // namespace

absl::StatusOr<LambdaPager> LambdaPager::make(const std::string& marker, bool hasMaxItems,
                                              std::int32_t maxItems)
{
    std::string after;
    if (!absl::WebSafeBase64Unescape(marker, &after) || (after.empty() && !marker.empty()))
        return invalidParameter("The pagination marker is not valid.");
    return LambdaPager(std::move(after),
                       hasMaxItems ? std::clamp(maxItems, 1, kMaxItems) : kMaxItems);
}

bool LambdaPager::takes(std::string_view key)
{
    if (key <= m_after)
        return false;
    if (m_room == 0) {
        m_more = true;
        return false;
    }
    --m_room;
    m_last = std::string(key);
    return true;
}

std::string LambdaPager::nextMarker() const
{
    return m_more ? absl::WebSafeBase64Escape(m_last) : std::string();
}

std::string pageKey(std::string_view name, std::int64_t number)
{
    // A space sorts before every character of a name.
    return absl::StrFormat("%s %019d", std::string(name), number);
}

} // namespace gantry::api
