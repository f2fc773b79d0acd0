#include "backend/functions/records.h"

#include "backend/base/error.h"
#include "backend/functions/variables.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>

#include <unordered_map>
#include <utility>

namespace gantry::functions {
namespace {

std::string functionRecord(const Function& function)
{
    record::FunctionRecord record;
    record.mutable_tags()->insert(function.tags.begin(), function.tags.end());
    record.set_last_version(function.lastVersion);
    if (function.reservedConcurrency)
        record.set_reserved_concurrency(*function.reservedConcurrency);
    for (const auto& [qualifier, config] : function.provisioned) {
        record::ProvisionedRecord& kept = (*record.mutable_provisioned())[qualifier];
        kept.set_requested(config.requested);
        kept.set_last_modified(config.lastModified);
    }
    *record.mutable_settings() = *function.settings;
    return record.SerializeAsString();
}

std::string versionRecord(const Version& version)
{
    record::VersionRecord record;
    *record.mutable_configuration() = version.configuration;
    record.set_package(version.package);
    record.mutable_layer_packages()->Assign(version.layerPackages.begin(),
                                            version.layerPackages.end());
    record.set_unpacked_bytes(version.unpackedBytes);
    record.set_layer_bytes(version.layerBytes);
    record.set_sealed_variables(version.sealedVariables);
    record.set_image_uri(version.image.uri);
    record.set_resolved_image_uri(version.image.resolved);
    record.set_image(version.image.digest);
    if (!version.sealedVariables.empty())
        record.mutable_configuration()->clear_environment();
    return record.SerializeAsString();
}

template <class Map> typename Map::mapped_type at(const Map& map, const typename Map::key_type& key)
{
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
}

// Gathers rows into functions; a row that does not parse ends the load.
class Loader final {
public:
    Loader(store::Database& database, const keys::KeyStore* keys)
        : m_database(database), m_keys(keys)
    {
    }

    absl::StatusOr<std::vector<std::shared_ptr<Function>>> load();

private:
    void function(const store::Row& row);
    void version(const store::Row& row);
    void alias(const store::Row& row);
    void url(const store::Row& row);

    store::Database& m_database;
    const keys::KeyStore* m_keys;
    std::vector<std::shared_ptr<Function>> m_functions;
    std::unordered_map<std::string, Function*> m_byName;
    std::string m_damaged; // name of a function whose record does not parse
};

absl::StatusOr<std::vector<std::shared_ptr<Function>>> Loader::load()
{
    absl::Status status = m_database.query("SELECT name, record FROM function ORDER BY name", {},
                                           [this](const store::Row& row) { function(row); });
    if (status.ok())
        status = m_database.query("SELECT name, version, record FROM version", {},
                                  [this](const store::Row& row) { version(row); });
    if (status.ok())
        status = m_database.query("SELECT name, alias, record FROM alias", {},
                                  [this](const store::Row& row) { alias(row); });
    if (status.ok())
        status = m_database.query("SELECT name, qualifier, record FROM function_url", {},
                                  [this](const store::Row& row) { url(row); });
    if (!status.ok())
        return status;
    for (const auto& function : m_functions) {
        if (!function->latest)
            m_damaged = function->name;
    }
    if (!m_damaged.empty()) {
        return serviceError(absl::StrCat("The record of function ", m_damaged,
                                         " in functions.db is damaged. Restore the data directory "
                                         "from a backup or use another one."));
    }
    return std::move(m_functions);
}

void Loader::function(const store::Row& row)
{
    record::FunctionRecord record;
    const std::string_view bytes = row.blob(1);
    auto function = std::make_shared<Function>();
    function->name = std::string(row.text(0));
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        m_damaged = function->name;
    function->tags = {record.tags().begin(), record.tags().end()};
    function->lastVersion = record.last_version();
    if (record.has_reserved_concurrency())
        function->reservedConcurrency = record.reserved_concurrency();
    for (const auto& [qualifier, config] : record.provisioned())
        function->provisioned[qualifier] = {config.requested(), config.last_modified()};
    function->settings = std::make_shared<const Settings>(std::move(*record.mutable_settings()));
    m_byName.emplace(function->name, function.get());
    m_functions.push_back(std::move(function));
}

void Loader::version(const store::Row& row)
{
    const std::string name(row.text(0));
    const std::string_view bytes = row.blob(2);
    record::VersionRecord record;
    const auto function = m_byName.find(name);
    if (function == m_byName.end() ||
        !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        m_damaged = name;
        return;
    }
    auto version = std::make_shared<Version>();
    version->configuration = std::move(*record.mutable_configuration());
    version->package = record.package();
    version->layerPackages = {record.layer_packages().begin(), record.layer_packages().end()};
    version->unpackedBytes = record.unpacked_bytes();
    version->layerBytes = record.layer_bytes();
    version->sealedVariables = record.sealed_variables();
    version->image = {record.image_uri(), record.resolved_image_uri(), record.image()};
    if (m_keys && !version->sealedVariables.empty())
        openVariables(*m_keys, version->sealedVariables, version->configuration);
    if (row.integer(1) == 0)
        function->second->latest = std::move(version);
    else
        function->second->versions.emplace(row.integer(1), std::move(version));
}

void Loader::alias(const store::Row& row)
{
    const std::string name(row.text(0));
    const std::string_view bytes = row.blob(2);
    auto alias = std::make_shared<Alias>();
    const auto function = m_byName.find(name);
    if (function == m_byName.end() ||
        !alias->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        m_damaged = name;
        return;
    }
    function->second->aliases.emplace(std::string(row.text(1)), std::move(alias));
}

void Loader::url(const store::Row& row)
{
    const std::string name(row.text(0));
    const std::string_view bytes = row.blob(2);
    record::UrlRecord record;
    const auto function = m_byName.find(name);
    if (function == m_byName.end() ||
        !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        m_damaged = name;
        return;
    }
    auto url = std::make_shared<Url>();
    url->id = record.id();
    url->config = std::move(*record.mutable_config());
    function->second->urls.emplace(std::string(row.text(1)), std::move(url));
}

std::string urlRecord(const Url& url)
{
    record::UrlRecord record;
    record.set_id(url.id);
    *record.mutable_config() = url.config;
    return record.SerializeAsString();
}

} // namespace

RecordChange::RecordChange(const FunctionPtr& before, const FunctionPtr& after, std::int64_t nowMs)
    : m_name(after ? after->name : before->name), m_removed(!after),
      m_deploys(deploysBetween(before, after, nowMs))
{
    if (m_removed)
        return;
    static const Function kNone;
    const Function& old = before ? *before : kNone;
    m_function = functionRecord(*after);
    addVersion(0, old.latest, after->latest);
    for (const auto& [number, version] : after->versions)
        addVersion(number, at(old.versions, number), version);
    for (const auto& [number, version] : old.versions) {
        if (!after->versions.contains(number))
            addVersion(number, version, nullptr);
    }
    for (const auto& [name, alias] : after->aliases) {
        if (at(old.aliases, name) != alias)
            m_aliases.push_back({name, alias->SerializeAsString()});
    }
    for (const auto& [name, alias] : old.aliases) {
        if (!after->aliases.contains(name))
            m_aliases.push_back({name, {}});
    }
    addUrls(old, *after);
}

void RecordChange::addUrls(const Function& before, const Function& after)
{
    for (const auto& [qualifier, url] : after.urls) {
        if (at(before.urls, qualifier) != url)
            m_urls.push_back({qualifier, urlRecord(*url)});
    }
    for (const auto& [qualifier, url] : before.urls) {
        if (!after.urls.contains(qualifier))
            m_urls.push_back({qualifier, {}});
    }
}

void RecordChange::addVersion(std::int64_t number, const VersionPtr& before,
                              const VersionPtr& after)
{
    if (before != after)
        m_versions.push_back({number, after ? versionRecord(*after) : std::string()});
}

absl::Status RecordChange::write(store::Database& database) const
{
    absl::Status status = writeRows(database);
    status.Update(writeDeploys(database, m_deploys));
    return status;
}

absl::Status RecordChange::writeRows(store::Database& database) const
{
    if (m_removed)
        return database.run("DELETE FROM function WHERE name = ?", {m_name});
    absl::Status status = database.run("INSERT INTO function(name, record) VALUES(?1, ?2) "
                                       "ON CONFLICT(name) DO UPDATE SET record = ?2",
                                       {m_name, store::Value::blob(m_function)});
    for (const VersionRow& row : m_versions) {
        if (row.record.empty())
            status.Update(database.run("DELETE FROM version WHERE name = ? AND version = ?",
                                       {m_name, row.number}));
        else
            status.Update(database.run("INSERT OR REPLACE INTO version(name, version, record) "
                                       "VALUES(?, ?, ?)",
                                       {m_name, row.number, store::Value::blob(row.record)}));
    }
    for (const AliasRow& row : m_aliases) {
        if (row.record.empty())
            status.Update(database.run("DELETE FROM alias WHERE name = ? AND alias = ?",
                                       {m_name, row.alias}));
        else
            status.Update(
                database.run("INSERT OR REPLACE INTO alias(name, alias, record) VALUES(?, ?, ?)",
                             {m_name, row.alias, store::Value::blob(row.record)}));
    }
    status.Update(writeUrls(database));
    return status;
}

absl::Status RecordChange::writeUrls(store::Database& database) const
{
    absl::Status status;
    for (const UrlRow& row : m_urls) {
        if (row.record.empty())
            status.Update(
                database.run("DELETE FROM function_url WHERE name = ? AND qualifier = ?",
                             {m_name, row.qualifier}));
        else
            status.Update(database.run("INSERT OR REPLACE INTO function_url(name, qualifier, "
                                       "record) VALUES(?, ?, ?)",
                                       {m_name, row.qualifier, store::Value::blob(row.record)}));
    }
    return status;
}

absl::StatusOr<std::vector<std::shared_ptr<Function>>> loadFunctions(store::Database& database,
                                                                     const keys::KeyStore* keys)
{
    return Loader(database, keys).load();
}

namespace {

// A copy with sealed variables; null when the version needs none.
absl::StatusOr<VersionPtr> sealedCopy(const keys::KeyStore& keys, const Version& version)
{
    if (!version.sealedVariables.empty() || version.configuration.environment().variables().empty())
        return nullptr;
    auto sealed = sealVariables(keys, version.configuration, nullptr);
    if (!sealed.ok())
        return sealed.status();
    auto copy = std::make_shared<Version>(version);
    copy->sealedVariables = *std::move(sealed);
    return copy;
}

absl::Status sealFunction(const keys::KeyStore& keys, store::Database& database,
                          std::shared_ptr<Function>& function)
{
    auto after = std::make_shared<Function>(*function);
    auto latest = sealedCopy(keys, *function->latest);
    if (!latest.ok())
        return latest.status();
    if (*latest)
        after->latest = *latest;
    bool changed = *latest != nullptr;
    for (auto& [number, version] : after->versions) {
        auto copy = sealedCopy(keys, *version);
        if (!copy.ok())
            return copy.status();
        changed = changed || *copy;
        if (*copy)
            version = *copy;
    }
    if (!changed)
        return absl::OkStatus();
    const absl::Status written = RecordChange(function, after, 0).write(database);
    if (written.ok())
        function = std::move(after);
    return written;
}

} // namespace

absl::Status sealStoredVariables(store::Database& database, const keys::KeyStore& keys,
                                 std::vector<std::shared_ptr<Function>>& functions)
{
    bool any = false;
    absl::Status status = database.run("BEGIN IMMEDIATE");
    for (std::shared_ptr<Function>& function : functions) {
        const std::shared_ptr<Function> before = function;
        if (status.ok())
            status = sealFunction(keys, database, function);
        any = any || before != function;
    }
    if (!status.ok()) {
        (void)database.run("ROLLBACK");
        return status;
    }
    status = database.run("COMMIT");
    // Deleted bytes stay in free pages and in the log until they are written over.
    if (status.ok() && any)
        status = database.run("VACUUM");
    if (status.ok() && any)
        status = database.query("PRAGMA wal_checkpoint(TRUNCATE)", {}, [](const store::Row&) {});
    return status;
}

} // namespace gantry::functions
