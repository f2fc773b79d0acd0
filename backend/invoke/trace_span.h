#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::invoke {

// An X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1.
struct TraceHeader {
    std::string root;            // the trace's id; empty when there is no valid one
    std::string parent;          // the segment that calls; may be empty
    std::optional<bool> sampled; // empty: nobody has decided yet
    std::string others;          // further fields as they came, Lineage among them

    static TraceHeader parse(std::string_view text);
    std::string toString() const;
};

bool isTraceId(std::string_view text);   // 1-8 digits-24 digits, hexadecimal
bool isSegmentId(std::string_view text); // 16 hexadecimal digits

// What X-Ray is told of an invocation that is traced, beside its record.
struct TraceSpan {
    std::string traceId;
    std::string parentId;          // of the caller; may be empty
    std::string segmentId;         // of the AWS::Lambda segment: the service that took the call
    std::string functionSegmentId; // of AWS::Lambda::Function, the Parent that the runtime is given
    std::string functionArn;       // unqualified
    std::string invokedArn;
    bool url = false; // the event is an HTTP request that came to a function URL
    int attempt = 0;  // of an asynchronous event, from 1
    std::int64_t queuedAtMicros = 0; // when that event was accepted, Unix time
};

struct Request;

// Of an invocation that is about to begin: gives the header the Parent that the runtime is to have.
// Null when the header says that it is not sampled.
std::shared_ptr<const TraceSpan> openSpan(TraceHeader& header, const Request& request,
                                          const std::string& requestId);

} // namespace gantry::invoke
