#pragma once

#include "backend/base/http.h"
#include "backend/base/uri.h"
#include "backend/wire/schema.h"

#include <absl/status/status.h>

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::wire {

struct Route {
    const OperationSchema* operation = nullptr; // null: the request is for no operation
    Protocol protocol = REST_JSON; // that the caller speaks, also when there is no operation
    // Set with the protocol AWS_QUERY: the operation is known once the body is there, see routeForm.
    const ServiceSchema* service = nullptr;
    QueryParameters labels;                     // path parameters, decoded
    QueryParameters query;                      // of the request, decoded
};

// Finds the operation of a request: a tree of path segments built from the uri annotations. A
// literal segment wins over a label, and an operation whose uri fixes a query parameter
// (…?List=ALL) wins over one that does not. One slash at the end of a path is ignored: older
// models of the same API have it and newer ones do not. Operations of the JSON 1.0 and 1.1
// protocols have no path of their own; the header X-Amz-Target names them. Those of the query protocol
// share "/": the service is the one that the request is signed for.
class Router final {
public:
    explicit Router(const Schema& schema);
    ~Router();

    // The operation that the head of a request names.
    Route route(const HttpRequest& head) const;
    Route route(std::string_view method, std::string_view path, std::string_view query) const;
    // Completes the route of a query-protocol request, whose form names the operation; the form's
    // parameters become the route's query. Error: 400 InvalidAction.
    absl::Status routeForm(const HttpRequest& request, Route& route) const;

private:
    struct Node;
    struct Match;

    void add(const OperationSchema& operation);
    const Node* walk(const Node& node, Match& match, std::size_t depth) const;

    const ServiceSchema* queryService(const HttpRequest& head) const;
    Route routeTarget(const HttpRequest& head, std::string_view target) const;

    std::unique_ptr<Node> m_root;
    absl::flat_hash_map<std::string, const OperationSchema*> m_targets; // by X-Amz-Target
    // Of the query protocol: services by signing name, operations by "signing name/Action".
    absl::flat_hash_map<std::string, const ServiceSchema*> m_queryServices;
    absl::flat_hash_map<std::string, const OperationSchema*> m_actions;
};

} // namespace gantry::wire
