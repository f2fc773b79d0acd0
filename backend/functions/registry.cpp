#include "backend/functions/registry.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/functions/configuration.h"
#include "backend/functions/layers.h"
#include "backend/functions/records.h"
#include "backend/images/image_store.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <set>
#include <utility>

namespace gantry::functions {

absl::StatusOr<std::unique_ptr<Registry>> Registry::open(boost::asio::io_context& io,
                                                         const std::filesystem::path& file,
                                                         store::CodeStore& code, const Clock& clock,
                                                         Options options, Layers* layers)
{
    absl::StatusOr<store::Database> database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    absl::StatusOr<std::vector<std::shared_ptr<Function>>> functions = loadFunctions(*database, options.keys);
    if (!functions.ok())
        return functions.status();
    if (options.keys) {
        if (absl::Status sealed = sealStoredVariables(*database, *options.keys, *functions);
            !sealed.ok())
            return sealed;
    }
    std::unique_ptr<Registry> registry(
        new Registry(io, *std::move(database), code, clock, std::move(options), layers));
    registry->adopt(*std::move(functions));
    return registry;
}

Registry::Registry(boost::asio::io_context& io, store::Database database, store::CodeStore& code,
                   const Clock& clock, Options options, Layers* layers)
    : m_code(code), m_layers(layers), m_clock(clock), m_options(std::move(options)), m_lanes(io),
      m_writer(io, std::move(database))
{
}

Registry::~Registry()
{
    m_alive.reset();
}

void Registry::adopt(std::vector<std::shared_ptr<Function>> functions)
{
    std::vector<FunctionPtr> unfinished;
    const auto prepare = [this](const VersionPtr& version) -> VersionPtr {
        if (!isSettled(version->configuration) || !isUnpacked(*version))
            return version;
        auto ready = std::make_shared<Version>(*version);
        runnable(*ready);
        return ready;
    };
    for (const std::shared_ptr<Function>& function : functions) {
        function->latest = prepare(function->latest);
        bool ready = function->latest->spec != nullptr;
        for (auto& [number, version] : function->versions) {
            version = prepare(version);
            ready = ready && version->spec;
        }
        m_functions.emplace(function->name, function);
        indexUrls(nullptr, function);
        countVersions(*function, +1);
        if (!ready)
            unfinished.push_back(function);
    }
    std::set<std::string> packages;
    for (const auto& [package, use] : m_packages)
        packages.insert(package);
    m_code.keepOnly(packages);
    if (m_layers)
        m_layers->sweep();
    if (m_options.images)
        m_options.images->sweep();
    for (const FunctionPtr& function : unfinished)
        resume(function);
}

void Registry::commit(const FunctionPtr& before, const FunctionPtr& after, Done done)
{
    m_writer.submit([rows = RecordChange(before, after, m_clock.unixMillis())](
                        store::Database& database) { return rows.write(database); },
                    [this, before, after, done = std::move(done)](absl::Status status) {
                        if (status.ok())
                            apply(before, after);
                        done(std::move(status));
                    });
}

void Registry::apply(const FunctionPtr& before, const FunctionPtr& after)
{
    if (after)
        m_functions[after->name] = after;
    else
        m_functions.erase(before->name);
    indexUrls(before, after);
    if (after)
        countVersions(*after, +1);
    if (before)
        countVersions(*before, -1);
    tell(before, after);
}

std::int64_t Registry::codeBytes() const
{
    return m_codeBytes + (m_layers ? m_layers->codeBytes() : 0);
}

void Registry::countVersions(const Function& function, int sign)
{
    usePackage(*function.latest, sign);
    for (const auto& [number, version] : function.versions)
        usePackage(*version, sign);
}

void Registry::usePackage(const Version& version, int sign)
{
    m_codeBytes += sign * version.configuration.code_size();
    if (m_layers)
        m_layers->use(version.layerPackages, sign);
    const bool isImage = !version.image.empty();
    const std::string& id = isImage ? version.image.digest : version.package;
    PackageUse& use = m_packages[id];
    if (!use.lease)
        use.lease = isImage ? leaseImage(id) : m_code.lease(id);
    use.versions += sign;
    if (use.versions > 0)
        return;
    m_packages.erase(id); // without its lease an image goes by itself
    if (!isImage)
        m_code.discard(id);
}

store::CodeLease Registry::leaseImage(const std::string& digest) const
{
    return m_options.images ? m_options.images->lease(digest) : nullptr;
}

void Registry::tell(const FunctionPtr& before, const FunctionPtr& after) const
{
    Change change;
    change.kind = !before  ? Change::Kind::Created
                  : !after ? Change::Kind::Deleted
                           : Change::Kind::Updated;
    change.function = after;
    change.functionName = after ? after->name : before->name;
    change.poolKey = after ? after->latest->poolKey : std::string();
    change.retires = before && change.poolKey != before->latest->poolKey;
    for (const Listener& listener : m_listeners)
        listener(change);
}

void Registry::onChange(Listener listener)
{
    m_listeners.push_back(std::move(listener));
}

void Registry::change(const std::string& nameOrArn, Done fail,
                      std::function<void(Draft, const Reference&)> begin)
{
    absl::StatusOr<Reference> reference = parseReference(m_options.place, nameOrArn);
    if (!reference.ok())
        return fail(reference.status());
    const std::string name = reference->name;
    m_lanes.enter(name, [this, reference = *std::move(reference), fail = std::move(fail),
                         begin = std::move(begin)](Lanes::Pass pass) {
        const auto function = m_functions.find(reference.name);
        if (function == m_functions.end()) {
            return fail(notFound(absl::StrCat("Function not found: ",
                                              functionArn(m_options.place, reference.name))));
        }
        begin(
            Draft{std::move(pass), function->second, std::make_shared<Function>(*function->second)},
            reference);
    });
}

std::string Registry::now() const
{
    return formatTime(m_clock.unixMillis());
}

} // namespace gantry::functions
