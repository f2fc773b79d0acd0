#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gantry::observe::traces {

inline constexpr std::size_t kMaxDocument = 64 * 1024; // of X-Ray

using Annotation = std::variant<std::string, double, bool>;

struct HttpFacts {
    std::string method, url, userAgent, clientIp;
    int status = 0; // 0: there was no response
};

// A segment or subsegment as its document tells it ("AWS X-Ray segment documents" in the developer
// guide): what is queried of it. The document itself is kept as it came.
struct Segment {
    std::string id;
    std::string traceId;
    std::string parentId; // empty for a root
    std::string name;
    std::string origin;     // AWS::Lambda, AWS::Lambda::Function, ...; may be empty
    std::string remoteKind; // a subsegment's namespace: aws, remote; else empty
    bool subsegment = false;
    std::int64_t startMicros = 0; // Unix time
    std::int64_t endMicros = 0;   // 0: in progress
    bool error = false;           // 4xx
    bool throttle = false;        // 429
    bool fault = false;           // 5xx
    std::string message;          // of its first exception
    std::string user;
    std::string resourceArn;
    HttpFacts http;
    std::map<std::string, Annotation> annotations;
    std::vector<Segment> subsegments;

    bool inProgress() const { return endMicros == 0; }
    double seconds() const
    {
        return inProgress() ? 0 : static_cast<double>(endMicros - startMicros) / 1e6;
    }
};

// Anything may stand in the document: what is wrong with it is said in the error.
absl::StatusOr<Segment> parseSegment(std::string_view document);

// Calls back for the segment and everything below it, parents first.
template <class Each> void forEach(const Segment& segment, const Each& each)
{
    each(segment);
    for (const Segment& child : segment.subsegments)
        forEach(child, each);
}

} // namespace gantry::observe::traces
