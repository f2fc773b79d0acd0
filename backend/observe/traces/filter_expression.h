#pragma once

#include "backend/observe/traces/trace.h"

#include <absl/status/statusor.h>

#include <memory>
#include <string_view>

namespace gantry::observe::traces {

struct FilterNode;

// An X-Ray filter expression ("Using filter expressions" in the developer guide):
//
//   fault AND responsetime > 0.5 AND !annotation[ColdStart] = true
//   service("orders") { http.status = 500 } OR edge("orders", "S3") { error }
//
// keywords   ok error fault throttle partial inferred root first last
// numbers    responsetime duration http.status
// texts      http.url http.method http.useragent http.clientip user name type message resource.arn
// of a trace annotation[key] annotation.key service(id) edge(id, id), where an id is a text or
//            id(name: "text", type: "text") or left out, each with an expression in braces or none
// operators  = != < <= > >= CONTAINS BEGINSWITH ENDSWITH, ! AND OR ( )
class FilterExpression final {
public:
    // An error says which part is not understood. An empty expression matches every trace.
    static absl::StatusOr<FilterExpression> parse(std::string_view text);

    bool matches(const Trace& trace) const;

private:
    std::shared_ptr<const FilterNode> m_root; // null: everything
};

} // namespace gantry::observe::traces
