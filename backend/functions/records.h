#pragma once

#include "backend/functions/deploy_history.h"
#include "backend/functions/model.h"
#include "backend/store/database.h"

#include <absl/status/statusor.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::keys {
class KeyStore;
}

namespace gantry::functions {

// The schema of functions.db.
inline constexpr std::array<std::string_view, 3> kMigrations = {R"(
CREATE TABLE function (name TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE version (
    name TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,
    version INTEGER NOT NULL,  -- 0 is $LATEST
    record BLOB NOT NULL,
    PRIMARY KEY (name, version)) WITHOUT ROWID;
CREATE TABLE alias (
    name TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,
    alias TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (name, alias)) WITHOUT ROWID;
)",
                                                                 R"(
CREATE TABLE function_url (
    name TEXT NOT NULL REFERENCES function(name) ON DELETE CASCADE,
    qualifier TEXT NOT NULL,  -- an alias, or nothing for $LATEST
    record BLOB NOT NULL,
    PRIMARY KEY (name, qualifier)) WITHOUT ROWID;
)",
                                                                 R"(
CREATE TABLE deploy (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    function TEXT NOT NULL,  -- outlives it
    title TEXT NOT NULL,
    detail TEXT NOT NULL);
CREATE INDEX deploy_by_time ON deploy (time_ms);
)"};

// One function's difference between two snapshots, as rows: made on the I/O thread, written on the
// writer's. Either snapshot may be null. What it deploys is written with it.
class RecordChange final {
public:
    RecordChange(const FunctionPtr& before, const FunctionPtr& after, std::int64_t nowMs);

    absl::Status write(store::Database& database) const;

private:
    struct VersionRow {
        std::int64_t number;
        std::string record; // empty: remove
    };
    struct AliasRow {
        std::string alias;
        std::string record;
    };

    struct UrlRow {
        std::string qualifier;
        std::string record; // empty: remove
    };

    void addUrls(const Function& before, const Function& after);
    absl::Status writeRows(store::Database& database) const;
    absl::Status writeUrls(store::Database& database) const;
    void addVersion(std::int64_t number, const VersionPtr& before, const VersionPtr& after);

    std::string m_name;
    bool m_removed = false;
    std::string m_function; // record; empty only when removed
    std::vector<VersionRow> m_versions;
    std::vector<AliasRow> m_aliases;
    std::vector<UrlRow> m_urls;
    std::vector<Deploy> m_deploys;
};

// Every function in the database, without specs. keys may be null.
absl::StatusOr<std::vector<std::shared_ptr<Function>>> loadFunctions(store::Database& database,
                                                                     const keys::KeyStore* keys);

// Seals the environment variables of records from before they were sealed, and leaves no trace of
// them in the file.
absl::Status sealStoredVariables(store::Database& database, const keys::KeyStore& keys,
                                 std::vector<std::shared_ptr<Function>>& functions);

} // namespace gantry::functions
