#include "backend/wire/router.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/iam/sigv4.h"
#include "backend/wire/query_form.h"
#include "backend/wire/scalar.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <stdexcept>

namespace gantry::wire {
namespace {

// More segments than any operation has; what is longer cannot match.
constexpr std::size_t kMaxSegments = 16;

// One operation at the end of a path.
struct Leaf {
    const OperationSchema* operation = nullptr;
    std::vector<std::string> labels; // names of the path's labels, in order
    QueryParameters query;           // that the uri fixes
};

std::vector<std::string_view> segmentsOf(std::string_view path)
{
    std::vector<std::string_view> segments;
    if (!path.empty() && path.front() == '/')
        path.remove_prefix(1);
    if (!path.empty() && path.back() == '/')
        path.remove_suffix(1);
    while (segments.size() <= kMaxSegments) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos)
            break;
        path.remove_prefix(slash + 1);
    }
    return segments;
}

bool has(const QueryParameters& query, const std::pair<std::string, std::string>& parameter)
{
    return std::find(query.begin(), query.end(), parameter) != query.end();
}

} // namespace

struct Router::Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> label;
    std::vector<Leaf> leaves; // those that fix more of the query first
};

struct Router::Match {
    std::string_view method;
    std::vector<std::string> segments;
    std::vector<std::size_t> labels; // positions of the segments that labels took
};

Router::Router(const Schema& schema) : m_root(std::make_unique<Node>())
{
    for (const auto& operation : schema.operations()) {
        const Service& service = *operation->service->options;
        if (!operation->options->uri().empty())
            add(*operation);
        else if (!service.target_prefix().empty())
            m_targets.emplace(absl::StrCat(service.target_prefix(), ".", operation->method->name()),
                              operation.get());
        if (operation->service->xmlNamespace.empty())
            continue;
        m_queryServices.emplace(service.signing_name(), operation->service);
        m_actions.emplace(absl::StrCat(service.signing_name(), "/", operation->method->name()),
                          operation.get());
    }
}

Router::~Router() = default;

void Router::add(const OperationSchema& operation)
{
    const std::string_view uri = operation.options->uri();
    const std::size_t mark = uri.find('?');
    Leaf leaf{&operation, {}, {}};
    if (mark != std::string_view::npos)
        leaf.query = parseQuery(uri.substr(mark + 1)).value();
    Node* node = m_root.get();
    for (const std::string_view segment : segmentsOf(uri.substr(0, mark))) {
        if (segment.front() == '{') {
            leaf.labels.emplace_back(segment.substr(1, segment.size() - 2));
            if (!node->label)
                node->label = std::make_unique<Node>();
            node = node->label.get();
            continue;
        }
        auto& literals = node->literals;
        const auto known = std::find_if(literals.begin(), literals.end(),
                                        [&](const auto& entry) { return entry.first == segment; });
        node = known != literals.end()
                   ? known->second.get()
                   : literals.emplace_back(segment, std::make_unique<Node>()).second.get();
    }
    node->leaves.push_back(std::move(leaf));
    std::stable_sort(node->leaves.begin(), node->leaves.end(),
                     [](const Leaf& a, const Leaf& b) { return a.query.size() > b.query.size(); });
}

const Router::Node* Router::walk(const Node& node, Match& match, std::size_t depth) const
{
    if (depth == match.segments.size()) {
        const bool serves =
            std::any_of(node.leaves.begin(), node.leaves.end(), [&](const Leaf& leaf) {
                return leaf.operation->options->method() == match.method;
            });
        return serves ? &node : nullptr;
    }
    const std::string& segment = match.segments[depth];
    for (const auto& [literal, next] : node.literals) {
        if (literal == segment) {
            if (const Node* end = walk(*next, match, depth + 1))
                return end;
            break;
        }
    }
    if (!node.label || segment.empty())
        return nullptr;
    match.labels.push_back(depth);
    if (const Node* end = walk(*node.label, match, depth + 1))
        return end;
    match.labels.pop_back();
    return nullptr;
}

Route Router::route(const HttpRequest& head) const
{
    if (const HttpHeader* target = head.header("x-amz-target"))
        return routeTarget(head, target->value);
    if (const ServiceSchema* service = queryService(head)) {
        Route route;
        route.protocol = AWS_QUERY;
        route.service = service;
        return route;
    }
    return route(head.method, head.path, head.query);
}

const ServiceSchema* Router::queryService(const HttpRequest& head) const
{
    if (head.method != "POST" && head.method != "GET")
        return nullptr;
    const auto found = m_queryServices.find(iam::SigV4Verifier::scopeService(head));
    if (found == m_queryServices.end() || (head.path != "/" && found->second->pathMember.empty()))
        return nullptr;
    return found->second;
}

absl::Status Router::routeForm(const HttpRequest& request, Route& route) const
{
    auto form = parseForm(request.method == "GET" ? request.query : request.body);
    if (!form)
        return serializationError("The form is not properly percent-encoded.");
    std::string action;
    for (const auto& [name, value] : *form) {
        if (name == "Action")
            action = value;
    }
    const Service& service = *route.service->options;
    const auto found = m_actions.find(absl::StrCat(service.signing_name(), "/", action));
    if (found == m_actions.end())
        return makeError("InvalidAction", 400,
                         absl::StrCat("Could not find operation ", action.substr(0, 128),
                                      " for version ", service.api_version()));
    route.operation = found->second;
    route.query = *std::move(form);
    const std::string& member = route.service->pathMember;
    const bool named = std::any_of(route.query.begin(), route.query.end(),
                                   [&](const auto& parameter) { return parameter.first == member; });
    if (request.path != "/" && !named)
        route.query.emplace_back(member, request.path);
    return absl::OkStatus();
}

Route Router::routeTarget(const HttpRequest& head, std::string_view target) const
{
    const HttpHeader* type = head.header("content-type");
    Route route;
    route.protocol = type && absl::EndsWith(view(type->value), "json-1.0") ? JSON_1_0 : JSON_1_1;
    const auto found = m_targets.find(view(target));
    if (found == m_targets.end() || head.method != "POST" || head.path != "/")
        return route;
    route.operation = found->second;
    route.protocol = found->second->service->options->protocol();
    return route;
}

Route Router::route(std::string_view method, std::string_view path, std::string_view query) const
{
    Route route;
    auto parameters = parseQuery(query);
    const std::vector<std::string_view> raw = segmentsOf(path);
    if (!parameters || raw.size() > kMaxSegments)
        return route;
    route.query = *std::move(parameters);
    Match match{method, {}, {}};
    for (const std::string_view segment : raw) {
        auto decoded = percentDecode(segment);
        if (!decoded)
            return route;
        match.segments.push_back(*std::move(decoded));
    }
    const Node* end = walk(*m_root, match, 0);
    if (!end)
        return route;
    for (const Leaf& leaf : end->leaves) {
        if (leaf.operation->options->method() != method ||
            !std::all_of(leaf.query.begin(), leaf.query.end(),
                         [&](const auto& fixed) { return has(route.query, fixed); }))
            continue;
        route.operation = leaf.operation;
        for (std::size_t i = 0; i < leaf.labels.size(); ++i)
            route.labels.emplace_back(leaf.labels[i], match.segments[match.labels[i]]);
        break;
    }
    return route;
}

} // namespace gantry::wire
