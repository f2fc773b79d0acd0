#pragma once

#include "backend/api/operation_table.h"
#include "backend/base/http.h"
#include "backend/iam/access.h"
#include "backend/wire/schema.h"
#include "gantry/v1/audit.pb.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace gantry::wire {

// Asks iam about each call what the operation's annotations say: the action, the resource that a
// member of the request names, the roles that it passes. Knows no operation by name.
class Authorizer final {
public:
    Authorizer(const Schema& schema, const iam::AccessControl& access);

    // OK, or AccessDeniedException. entry receives what the audit log keeps of the decision; true in
    // `later` when the operation itself decides.
    absl::Status authorize(const OperationSchema& operation,
                           const google::protobuf::Message& request, const HttpRequest& http,
                           const api::Call& call, v1::AuditEntry& entry, bool& later) const;

    // Who does what on what: what an entry says before anything is decided.
    void describe(const OperationSchema& operation, const google::protobuf::Message& request,
                  const api::Call& call, v1::AuditEntry& entry) const;

private:
    static void describe(const OperationSchema& operation, const iam::Need& need,
                         const api::Call& call, v1::AuditEntry& entry);
    // What the annotations of one operation say, read once.
    struct Annotated {
        const google::protobuf::FieldDescriptor* resource = nullptr; // null: "*"
        std::string arn; // template of the resource
        // Of functions: the version or alias, which has an ARN and a policy of its own.
        const google::protobuf::FieldDescriptor* qualifier = nullptr;
        const google::protobuf::FieldDescriptor* version = nullptr; // the same of layers, a number
        const google::protobuf::FieldDescriptor* layers = nullptr;  // that the caller must be able to read
        const google::protobuf::FieldDescriptor* tags = nullptr;
        std::vector<const google::protobuf::FieldDescriptor*> passedRoles;
    };

    static Annotated annotatedOf(const OperationSchema& operation);
    // All that the request needs, what its operation does first.
    std::vector<iam::Need> needsOf(const OperationSchema& operation,
                                   const google::protobuf::Message& request) const;
    absl::Status decide(const api::Call& call, const iam::AccessRequest& asked,
                        v1::AuditEntry& entry, bool& later) const;
    absl::Status decideAlso(const api::Call& call, const iam::AccessRequest& asked,
                            v1::AuditEntry& entry) const;
    std::string arnOf(const Annotated& annotated, std::string value) const;
    // All that the request names; "*" when it names none.
    std::vector<std::string> resourcesOf(const Annotated& annotated,
                                         const google::protobuf::Message& request) const;
    std::string resourceOf(const Annotated& annotated,
                           const google::protobuf::Message& request) const;

    const iam::AccessControl& m_access;
    absl::flat_hash_map<const OperationSchema*, Annotated> m_annotated;
};

} // namespace gantry::wire
