#include "backend/invoke/trace_span.h"

#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/invoke/dispatcher.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>

namespace gantry::invoke {
namespace {

constexpr std::size_t kMaxHeader = 2048;
constexpr std::size_t kSegmentDigits = 16;

bool isHex(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return absl::ascii_isxdigit(c); });
}

// The same for every attempt to deliver an event, so that they are one segment.
std::string segmentOfEvent(const std::string& requestId)
{
    return toHex(sha256(requestId)).substr(0, kSegmentDigits);
}

} // namespace

bool isTraceId(std::string_view text)
{
    return text.size() == 35 && text.starts_with("1-") && text[10] == '-' &&
           isHex(text.substr(2, 8)) && isHex(text.substr(11));
}

bool isSegmentId(std::string_view text)
{
    return text.size() == kSegmentDigits && isHex(text);
}

TraceHeader TraceHeader::parse(std::string_view text)
{
    TraceHeader header;
    if (text.size() > kMaxHeader)
        return header;
    for (absl::string_view field : absl::StrSplit(view(text), ';', absl::SkipEmpty())) {
        field = absl::StripAsciiWhitespace(field);
        const std::string_view value = view(field.substr(std::min(field.find('=') + 1, field.size())));
        if (absl::StartsWith(field, "Root=")) {
            if (isTraceId(value))
                header.root = std::string(value);
        } else if (absl::StartsWith(field, "Parent=")) {
            if (isSegmentId(value))
                header.parent = std::string(value);
        } else if (absl::StartsWith(field, "Sampled=")) {
            if (value == "0" || value == "1") // "?" asks for a decision
                header.sampled = value == "1";
        } else {
            absl::StrAppend(&header.others, header.others.empty() ? "" : ";", field);
        }
    }
    return header;
}

std::string TraceHeader::toString() const
{
    std::string text = absl::StrCat("Root=", root);
    if (!parent.empty())
        absl::StrAppend(&text, ";Parent=", parent);
    if (sampled)
        absl::StrAppend(&text, ";Sampled=", *sampled ? "1" : "0");
    if (!others.empty())
        absl::StrAppend(&text, ";", others);
    return text;
}

std::shared_ptr<const TraceSpan> openSpan(TraceHeader& header, const Request& request,
                                          const std::string& requestId)
{
    if (!header.sampled.value_or(false)) {
        if (header.parent.empty())
            header.parent = randomHex(kSegmentDigits / 2);
        return nullptr;
    }
    auto span = std::make_shared<TraceSpan>();
    span->traceId = header.root;
    span->parentId = header.parent;
    span->segmentId =
        request.asynchronous ? segmentOfEvent(requestId) : randomHex(kSegmentDigits / 2);
    span->functionSegmentId = randomHex(kSegmentDigits / 2);
    span->functionArn = request.target.spec->functionArn;
    span->invokedArn = request.target.invokedArn;
    span->url = request.url;
    span->attempt = request.attempt;
    span->queuedAtMicros = request.queuedAtMicros;
    header.parent = span->functionSegmentId;
    return span;
}

} // namespace gantry::invoke
