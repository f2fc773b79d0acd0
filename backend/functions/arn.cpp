#include "backend/functions/arn.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <deque>

namespace gantry::functions {
namespace {

constexpr std::size_t kMaxNameLength = 64;

bool allOf(absl::string_view text, bool (*accepts)(char))
{
    return !text.empty() && std::all_of(text.begin(), text.end(), accepts);
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isNameCharacter(char c)
{
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

bool isAccount(absl::string_view text)
{
    return text.size() == 12 && allOf(text, isDigit);
}

// us-east-1, us-gov-west-1: at least three parts, the last a digit.
bool isRegion(absl::string_view text)
{
    const std::vector<absl::string_view> parts = absl::StrSplit(text, '-');
    return parts.size() >= 3 && parts.front().size() >= 2 && parts.back().size() == 1 &&
           isDigit(parts.back().front());
}

bool isQualifier(absl::string_view text)
{
    return text == "$LATEST" || text == "$LATEST.PUBLISHED" ||
           (text.size() <= 128 && allOf(text, isNameCharacter));
}

absl::Status malformed(std::string_view value)
{
    return validationError(absl::StrCat(
        "1 validation error detected: Value '", view(value.substr(0, 300)),
        "' at 'functionName' failed to satisfy constraint: Member must be a function name, a "
        "partial ARN or an ARN of a function"));
}

// Takes the front part when it is what is looked for and something follows it.
std::string takeIf(std::deque<absl::string_view>& parts, bool (*accepts)(absl::string_view))
{
    if (parts.size() < 2 || !accepts(parts.front()))
        return {};
    const std::string taken(parts.front());
    parts.pop_front();
    return taken;
}

absl::Status checkPlace(const Place& place, const std::string& region, const std::string& account,
                        std::string_view nameOrArn)
{
    if (!region.empty() && region != place.region) {
        return notFound(absl::StrCat("Functions from '", region,
                                     "' are not reachable in this region ('", place.region, "')"));
    }
    if (!account.empty() && account != place.accountId) {
        return makeError("AccessDeniedException", 403,
                         absl::StrCat("Not authorized on resource: ", view(nameOrArn),
                                      " because it belongs to another account (this platform is "
                                      "account ",
                                      place.accountId, ")"));
    }
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<Reference> parseReference(const Place& place, std::string_view nameOrArn,
                                         std::string_view qualifier)
{
    std::deque<absl::string_view> parts = absl::StrSplit(view(nameOrArn), ':');
    const bool full = parts.front() == "arn" && parts.size() >= 7;
    if (full) {
        if (parts[2] != "lambda")
            return malformed(nameOrArn);
        // Event source mappings and signing configurations can be tagged too; there are none.
        if (parts[5] != "function")
            return notFound("The resource you requested does not exist.");
        parts.erase(parts.begin(), parts.begin() + 3);
    }
    const std::string region = takeIf(parts, isRegion);
    const std::string account = takeIf(parts, isAccount);
    takeIf(parts, [](absl::string_view part) { return part == "function"; });
    if (parts.size() > 2 || !allOf(parts[0], isNameCharacter) ||
        (parts.size() == 2 && !isQualifier(parts[1])) ||
        (full && (region.empty() || account.empty())))
        return malformed(nameOrArn);
    if (parts[0].size() > kMaxNameLength) {
        return validationError(absl::StrCat(
            "1 validation error detected: Value '", parts[0],
            "' at 'functionName' failed to satisfy constraint: Member must have length less than "
            "or equal to ",
            kMaxNameLength));
    }
    if (absl::Status here = checkPlace(place, region, account, nameOrArn); !here.ok())
        return here;
    Reference reference{std::string(parts[0]), std::string(qualifier)};
    if (parts.size() == 2) {
        if (!qualifier.empty() && view(qualifier) != parts[1]) {
            return invalidParameter("The derived qualifier from the function name does not match "
                                    "the specified qualifier.");
        }
        reference.qualifier = std::string(parts[1]);
    }
    return reference;
}

std::string functionArn(const Place& place, std::string_view name, std::string_view qualifier)
{
    return absl::StrCat("arn:aws:lambda:", place.region, ":", place.accountId,
                        ":function:", view(name), qualifier.empty() ? "" : ":", view(qualifier));
}

bool isVersionNumber(std::string_view qualifier)
{
    return allOf(view(qualifier), isDigit);
}

} // namespace gantry::functions
