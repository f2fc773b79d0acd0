#include "backend/invoke/lineage.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/functions/registry.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace gantry::invoke {
namespace {

constexpr std::string_view kField = "Lineage=1:";
constexpr std::size_t kMaxFunctions = 16; // of a chain; the header stays short
constexpr std::size_t kMaxTraceId = 1024;

struct Link {
    std::string hash;
    int count = 0;
};

// FNV-1a: the same in every process, and cheap enough for every invocation.
std::string hashOf(std::string_view text)
{
    std::uint32_t hash = 2'166'136'261U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
    return std::string(absl::AlphaNum(absl::Hex(hash, absl::kZeroPad8)).Piece());
}

std::vector<Link> parseLinks(absl::string_view text)
{
    std::vector<Link> links;
    for (const absl::string_view part : absl::StrSplit(text, '|')) {
        const std::pair<absl::string_view, absl::string_view> pair =
            absl::StrSplit(part, absl::MaxSplits(':', 1));
        Link link{std::string(pair.first), 0};
        if (link.hash.size() == 8 && absl::SimpleAtoi(pair.second, &link.count) && link.count > 0)
            links.push_back(std::move(link));
    }
    return links;
}

// Counts the function once more and answers how often it is in the chain by now.
int extend(std::vector<Link>& links, const std::string& hash)
{
    const auto found = std::find_if(links.begin(), links.end(),
                                    [&hash](const Link& link) { return link.hash == hash; });
    if (found != links.end())
        return ++found->count;
    if (links.size() == kMaxFunctions)
        links.erase(links.begin());
    links.push_back({hash, 1});
    return 1;
}

} // namespace

absl::StatusOr<std::string> continueTrace(std::string_view traceId, const std::string& functionArn,
                                          bool loopsAllowed)
{
    if (traceId.size() > kMaxTraceId || traceId.find("Root=") == traceId.npos)
        return absl::StrCat(newTraceId(), ";", view(kField), hashOf(functionArn), ":1");
    std::vector<absl::string_view> fields;
    std::vector<Link> links;
    for (const absl::string_view field : absl::StrSplit(view(traceId), ';', absl::SkipEmpty())) {
        if (absl::StartsWith(field, view(kField)))
            links = parseLinks(field.substr(kField.size()));
        else if (!absl::StartsWith(field, "Lineage="))
            fields.push_back(field);
    }
    if (extend(links, hashOf(functionArn)) > kMaxChainLength && !loopsAllowed) {
        return makeError("RecursiveInvocationException", 400,
                         "Lambda has detected your function being invoked in a recursive loop with "
                         "other AWS resources and stopped your function's invocation.");
    }
    const std::string lineage =
        absl::StrJoin(links, "|", [](std::string* out, const Link& link) {
            absl::StrAppend(out, link.hash, ":", link.count);
        });
    return absl::StrCat(absl::StrJoin(fields, ";"), ";", view(kField), lineage);
}

absl::StatusOr<std::string> continueTrace(std::string_view traceId,
                                          const functions::Registry& registry,
                                          const functions::Target& target)
{
    const auto function = registry.functions().find(target.spec->functionName);
    const bool allowed = function != registry.functions().end() &&
                         function->second->settings->recursion_allowed();
    return continueTrace(traceId, target.spec->functionArn, allowed);
}

} // namespace gantry::invoke
