#pragma once

#include "gantry/v1/audit.pb.h"

#include <optional>
#include <string>
#include <string_view>

namespace gantry::iam {

// The line that stands for an entry in the log and in its exports: one JSON object whose first member
// is the hash of the line before. What is hashed is the line itself, so an export can be checked
// with any tool that knows SHA-256.
std::string auditLine(const v1::AuditEntry& entry, std::string_view previousHash);

struct AuditLine {
    v1::AuditEntry entry;
    std::string previousHash;
};
// Nothing for a text that is no such line.
std::optional<AuditLine> readAuditLine(std::string_view line);

// In hexadecimal.
std::string auditHash(std::string_view line);

// Whose calls they are, whatever the session was called: role/NAME, user/NAME, root.
std::string auditPrincipal(std::string_view arn);

} // namespace gantry::iam
