#pragma once

#include "backend/base/uri.h"
#include "backend/wire/schema.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::wire {

struct Route {
    const OperationSchema* operation = nullptr; // null: no operation has that method and path
    QueryParameters labels;                     // path parameters, decoded
    QueryParameters query;                      // of the request, decoded
};

// Finds the operation of a request: a tree of path segments built from the uri annotations. A
// literal segment wins over a label, and an operation whose uri fixes a query parameter
// (…?List=ALL) wins over one that does not. One slash at the end of a path is ignored: older
// models of the same API have it and newer ones do not.
class Router final {
public:
    explicit Router(const Schema& schema);
    ~Router();

    Route route(std::string_view method, std::string_view path, std::string_view query) const;

private:
    struct Node;
    struct Match;

    void add(const OperationSchema& operation);
    const Node* walk(const Node& node, Match& match, std::size_t depth) const;

    std::unique_ptr<Node> m_root;
};

} // namespace gantry::wire
