#include "backend/secrets/parameter_rules.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gantry::secrets {
namespace {

constexpr std::size_t kStandardBytes = 4'096;
constexpr std::size_t kAdvancedBytes = 8'192;
constexpr std::ptrdiff_t kMaxLevels = 15;
constexpr std::size_t kMaxNameCharacters = 1'011;

bool isNameCharacter(char c)
{
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-' ||
           c == '/';
}

} // namespace

absl::Status parameterNotFound(const std::string& name)
{
    return makeError("ParameterNotFound", 400, absl::StrCat("Parameter ", name, " not found."));
}

absl::Status parameterVersionNotFound(const std::string& name, const std::string& selector)
{
    return makeError("ParameterVersionNotFound", 400,
                     absl::StrCat("Systems Manager could not find version ", selector.substr(1),
                                  " of ", name, ". Verify the version and try again."));
}

absl::Status checkParameterName(const std::string& name)
{
    if (name.size() > kMaxNameCharacters || !std::all_of(name.begin(), name.end(), isNameCharacter) ||
        absl::EndsWith(name, "/") || absl::StrContains(name, "//")) {
        return validationError("Parameter name: can't be prefixed with \"ssm\" "
                               "(case-insensitive). If formed as a path, it can consist of "
                               "sub-paths divided by slash symbol; each sub-path can be formed as "
                               "a mix of letters, numbers and the following 3 symbols .-_");
    }
    if (absl::StrContains(name, "/") && name[0] != '/')
        return validationError("Parameter name must be a fully qualified name.");
    if (std::count(name.begin(), name.end(), '/') > kMaxLevels) {
        return makeError("HierarchyLevelLimitExceededException", 400,
                         "A parameter hierarchy can have up to 15 levels.");
    }
    const std::string lower =
        absl::AsciiStrToLower(absl::StartsWith(name, "/") ? name.substr(1) : name);
    if (absl::StartsWith(lower, "aws") || absl::StartsWith(lower, "ssm")) {
        return makeError("AccessDeniedException", 400,
                         absl::StrCat("No access to reserved parameter name: ", name, "."));
    }
    return absl::OkStatus();
}

absl::Status checkParameterValue(const aws::ssm::PutParameterRequest& request,
                                 const std::string& type, const std::string& tier)
{
    const std::string& value = request.value();
    if (value.empty())
        return validationError("Parameter value, cannot be empty or null.");
    const std::size_t limit = tier == "Advanced" ? kAdvancedBytes : kStandardBytes;
    if (value.size() > limit) {
        return validationError(
            tier == "Advanced"
                ? "Advanced tier parameters support a maximum parameter value of 8192 characters."
                : "Standard tier parameters support a maximum parameter value of 4096 characters. "
                  "To create a larger parameter value, upgrade the parameter to use the "
                  "advanced-parameter tier.");
    }
    if (!request.policies().empty() && tier != "Advanced")
        return validationError("Parameter policies need the advanced-parameter tier.");
    if (type == "SecureString" || request.allowed_pattern().empty())
        return absl::OkStatus();
    // The caller's own expression: RE2 takes time in proportion to the text, whatever it says.
    const RE2 pattern(request.allowed_pattern(), RE2::Quiet);
    if (!pattern.ok()) {
        return makeError("InvalidAllowedPatternException", 400,
                         absl::StrCat("The request isn't valid. AllowedPattern is no regular "
                                      "expression that can be used: ", pattern.error()));
    }
    // A StringList is checked item by item.
    const std::vector<std::string> items =
        type == "StringList" ? std::vector<std::string>(absl::StrSplit(value, ','))
                             : std::vector<std::string>{value};
    for (const std::string& item : items) {
        if (!RE2::FullMatch(item, pattern)) {
            return makeError("ParameterPatternMismatchException", 400,
                             absl::StrCat("Parameter value, cannot be validated against "
                                          "allowedPattern: ", request.allowed_pattern()));
        }
    }
    return absl::OkStatus();
}

bool isValidLabel(const std::string& label)
{
    const std::string lower = absl::AsciiStrToLower(label);
    return !absl::ascii_isdigit(static_cast<unsigned char>(label[0])) &&
           !absl::StartsWith(lower, "aws") && !absl::StartsWith(lower, "ssm") &&
           std::all_of(label.begin(), label.end(),
                       [](char c) { return isNameCharacter(c) && c != '/'; });
}

bool isBelow(const std::string& name, const std::string& path, bool recursive)
{
    const std::string prefix = absl::EndsWith(path, "/") ? path : path + "/";
    return absl::StartsWith(name, prefix) &&
           (recursive || name.find('/', prefix.size()) == std::string::npos);
}

bool isAdvanced(const aws::ssm::PutParameterRequest& request,
                const record::ParameterVersionRecord& before)
{
    // Intelligent tiering: advanced when the value or a policy needs it. Never back to standard.
    const bool large = request.value().size() > 4'096 || !request.policies().empty();
    return request.tier() == "Advanced" || before.tier() == "Advanced" ||
           (request.tier() == "Intelligent-Tiering" && large);
}

std::string keyFor(const aws::ssm::PutParameterRequest& request,
                   const record::ParameterVersionRecord& before)
{
    return request.has_key_id()      ? request.key_id()
           : before.key_id().empty() ? kDefaultParameterKey
                                     : before.key_id();
}

} // namespace gantry::secrets
