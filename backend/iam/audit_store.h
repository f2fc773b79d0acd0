#pragma once

#include "backend/iam/audit_log.h"
#include "backend/store/database.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What the audit log keeps in its database and in the head record. Functions on a connection;
// whichever thread owns that calls them.
namespace gantry::iam::audit {

std::span<const std::string_view> migrations();

absl::Status append(store::Database& database, std::int64_t sequence, const std::string& line,
                    const std::string& hash, const v1::AuditEntry& entry);
// Removes what is older than the entry `first`, and the summary's oldest rows beyond `usageRows`.
absl::Status prune(store::Database& database, std::int64_t first, std::int64_t usageRows);

struct End {
    std::int64_t first = 0, sequence = 0; // 0: empty
    std::string hash;
};
absl::StatusOr<End> endOf(store::Database& database);
absl::StatusOr<std::string> hashAt(store::Database& database, std::int64_t sequence);

absl::StatusOr<v1::ListAuditEntriesResponse> list(store::Database& database,
                                                  const v1::ListAuditEntriesRequest& request);
absl::StatusOr<v1::ExportAuditLogResponse> exportLines(store::Database& database,
                                                       const v1::ExportAuditLogRequest& request);
absl::StatusOr<AuditLog::Usage> usage(store::Database& database, const std::string& principal);
// head: none when there is no record, or one that does not open (then `headThere`).
absl::StatusOr<v1::VerifyAuditLogResponse> verify(store::Database& database,
                                                  const std::optional<AuditHead>& head,
                                                  bool headThere);

// The head record's text, before it is sealed.
std::string headText(const AuditHead& head);
std::optional<AuditHead> readHead(const std::string& text);
// Failures are logged: the record that stays is of an earlier end, which is true as well.
void writeHead(const std::filesystem::path& file, const std::string& sealed);

} // namespace gantry::iam::audit
