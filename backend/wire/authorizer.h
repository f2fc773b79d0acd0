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
#include <string_view>
#include <vector>

namespace gantry::wire {

// What the audit log keeps of a call.
struct KeptDecision {
    v1::AuditEntry entry;
    bool later = false;                 // the operation itself decides
    std::vector<v1::AuditEntry> parts;  // of it that were denied alone
};

// Asks iam about each call what the operation's annotations say: the action, the resource that a
// member of the request names, the roles that it passes. Knows no operation by name.
class Authorizer final {
public:
    Authorizer(const Schema& schema, const iam::AccessControl& access);

    // OK, or AccessDeniedException.
    absl::Status authorize(const OperationSchema& operation,
                           const google::protobuf::Message& request, const HttpRequest& http,
                           const api::Call& call, KeptDecision& kept) const;

    // Who does what on what: what an entry says before anything is decided.
    void describe(const OperationSchema& operation, const google::protobuf::Message& request,
                  const api::Call& call, v1::AuditEntry& entry) const;

private:
    static void describe(const OperationSchema& operation, const iam::Need& need,
                         const api::Call& call, v1::AuditEntry& entry);
    // A member that names resources, and the template of their ARNs; see wire.proto.
    struct Naming {
        const google::protobuf::FieldDescriptor* member = nullptr;
        std::string arn;
    };
    // What the annotations of one operation say, read once.
    struct Annotated {
        std::vector<Naming> resources; // none: "*"
        std::string arn;               // of the one that every request is about
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
    std::string filled(std::string_view arn, const google::protobuf::Message& request) const;
    std::string arnOf(const std::string& arn, std::string value,
                      const google::protobuf::Message& request) const;
    // All that the request names; "*" when it names none.
    std::vector<std::string> resourcesOf(const Annotated& annotated,
                                         const google::protobuf::Message& request) const;
    std::string resourceOf(const Annotated& annotated, const Naming& naming,
                           const google::protobuf::Message& request) const;

    const iam::AccessControl& m_access;
    absl::flat_hash_map<const OperationSchema*, Annotated> m_annotated;
};

} // namespace gantry::wire
