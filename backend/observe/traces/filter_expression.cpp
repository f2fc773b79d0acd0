#include "backend/observe/traces/filter_expression.h"

#include "backend/base/text.h"
#include "backend/observe/traces/filter_nodes.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <utility>

namespace gantry::observe::traces {
namespace {

using Kind = FilterNode::Kind;
using Operator = FilterNode::Operator;

// What an expression speaks of: a whole trace, a service's segment in it, or a call.
struct Scope {
    const Trace& trace;
    const Segment* segment;            // the root of a trace; null when it has none yet
    double duration = 0;               // seconds
    bool whole = false;                // annotations, users and messages of any segment count
};

bool compareNumbers(Operator op, double left, double right)
{
    switch (op) {
    case Operator::Equal:
        return left == right;
    case Operator::NotEqual:
        return left != right;
    case Operator::Less:
        return left < right;
    case Operator::LessEqual:
        return left <= right;
    case Operator::Greater:
        return left > right;
    case Operator::GreaterEqual:
        return left >= right;
    default:
        return false;
    }
}

bool compareTexts(Operator op, std::string_view left, std::string_view right)
{
    switch (op) {
    case Operator::Present:
        return !left.empty();
    case Operator::Equal:
        return left == right;
    case Operator::NotEqual:
        return left != right;
    case Operator::Contains:
        return left.find(right) != left.npos;
    case Operator::BeginsWith:
        return left.starts_with(right);
    case Operator::EndsWith:
        return left.ends_with(right);
    default:
        return false;
    }
}

bool compareAnnotation(const FilterNode& node, const Annotation& annotation)
{
    if (node.compare == Operator::Present)
        return true;
    if (annotation.index() != node.value.index())
        return node.compare == Operator::NotEqual;
    if (const double* number = std::get_if<double>(&annotation))
        return compareNumbers(node.compare, *number, std::get<double>(node.value));
    if (const bool* flag = std::get_if<bool>(&annotation))
        return compareNumbers(node.compare, *flag ? 1 : 0, std::get<bool>(node.value) ? 1 : 0);
    return compareTexts(node.compare, std::get<std::string>(annotation),
                        std::get<std::string>(node.value));
}

// Whether a segment of the scope satisfies it; the segment alone, or any of the trace.
template <class Test> bool anyOf(const Scope& scope, const Test& test)
{
    bool found = false;
    const auto look = [&](const Segment& each) { found = found || test(each); };
    if (scope.whole) {
        for (const Segment& segment : scope.trace.segments)
            forEach(segment, look);
    } else if (scope.segment) {
        forEach(*scope.segment, look);
    }
    return found;
}

bool isKeyword(const std::string& name, const Scope& scope)
{
    if (name == "partial")
        return scope.whole ? scope.trace.isPartial() : scope.segment && scope.segment->inProgress();
    const Segment* s = scope.segment;
    if (!s)
        return false;
    if (name == "error")
        return s->error;
    if (name == "fault")
        return s->fault;
    if (name == "throttle")
        return s->throttle;
    if (name == "ok")
        return !s->error && !s->fault && !s->throttle;
    if (name == "inferred")
        return s->subsegment;
    if (name == "root" || name == "first")
        return s == scope.trace.root();
    // last: nothing goes on from it
    const std::vector<ServiceCall> calls = callsOf(scope.trace);
    return std::none_of(calls.begin(), calls.end(),
                        [s](const ServiceCall& call) { return call.from == s; });
}

double numberOf(const std::string& name, const Scope& scope)
{
    if (name == "duration")
        return scope.duration;
    if (!scope.segment)
        return 0;
    return name == "responsetime" ? scope.segment->seconds() : scope.segment->http.status;
}

std::string_view textOf(const std::string& name, const Segment& segment)
{
    if (name == "http.url")
        return segment.http.url;
    if (name == "http.method")
        return segment.http.method;
    if (name == "http.useragent")
        return segment.http.userAgent;
    if (name == "http.clientip")
        return segment.http.clientIp;
    if (name == "user")
        return segment.user;
    if (name == "name")
        return segment.name;
    if (name == "type")
        return segment.origin;
    return name == "message" ? segment.message : segment.resourceArn;
}

bool compareField(const FilterNode& node, const Scope& scope)
{
    if (isFilterNumber(node.name))
        return compareNumbers(node.compare, numberOf(node.name, scope),
                              std::get<double>(node.value));
    const std::string* wanted = std::get_if<std::string>(&node.value);
    const std::string_view value = wanted ? std::string_view(*wanted) : std::string_view();
    const bool ofAny = node.name == "user" || node.name == "message" || node.name == "resource.arn";
    if (!ofAny)
        return scope.segment &&
               compareTexts(node.compare, textOf(node.name, *scope.segment), value);
    // Not equal means that none is.
    const bool negated = node.compare == Operator::NotEqual;
    const Operator op = negated ? Operator::Equal : node.compare;
    return negated != anyOf(scope, [&](const Segment& each) {
        return compareTexts(op, textOf(node.name, each), value);
    });
}

bool isService(const FilterNode::ServiceId& id, const Segment* segment)
{
    if (!segment)
        return !id.name && !id.type; // a caller from outside
    const ServiceName service = serviceOf(*segment);
    return (!id.name || *id.name == service.name) && (!id.type || *id.type == service.type);
}

bool evaluate(const FilterNode& node, const Scope& scope);

bool holds(const FilterNode& node, const Trace& trace, const Segment& segment)
{
    const Scope scope{trace, &segment, segment.seconds(), false};
    return std::all_of(node.parts.begin(), node.parts.end(),
                       [&scope](const auto& part) { return evaluate(*part, scope); });
}

bool anyCall(const FilterNode& node, const Trace& trace)
{
    const std::vector<ServiceCall> calls = callsOf(trace);
    return std::any_of(calls.begin(), calls.end(), [&](const ServiceCall& call) {
        const bool named = node.kind == Kind::Service
                               ? isService(node.service, call.to)
                               : call.from && isService(node.service, call.from) &&
                                     isService(node.to, call.to);
        return named && holds(node, trace, *call.to);
    });
}

bool evaluate(const FilterNode& node, const Scope& scope)
{
    const auto part = [&scope](const auto& each) { return evaluate(*each, scope); };
    switch (node.kind) {
    case Kind::And:
        return std::all_of(node.parts.begin(), node.parts.end(), part);
    case Kind::Or:
        return std::any_of(node.parts.begin(), node.parts.end(), part);
    case Kind::Not:
        return !evaluate(*node.parts.front(), scope);
    case Kind::Keyword:
        return isKeyword(node.name, scope);
    case Kind::Compare:
        return compareField(node, scope);
    case Kind::Annotation:
        return anyOf(scope, [&node](const Segment& each) {
            const auto found = each.annotations.find(node.name);
            return found != each.annotations.end() && compareAnnotation(node, found->second);
        });
    case Kind::Service:
    case Kind::Edge:
        return anyCall(node, scope.trace);
    }
    return false;
}

} // namespace

absl::StatusOr<FilterExpression> FilterExpression::parse(std::string_view text)
{
    FilterExpression filter;
    if (absl::StripAsciiWhitespace(view(text)).empty())
        return filter;
    auto root = parseFilter(text);
    if (!root.ok())
        return root.status();
    filter.m_root = *std::move(root);
    return filter;
}

bool FilterExpression::matches(const Trace& trace) const
{
    return !m_root || evaluate(*m_root, {trace, trace.root(), trace.durationSeconds(), true});
}

} // namespace gantry::observe::traces
