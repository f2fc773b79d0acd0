#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/layer_merge.h"
#include "backend/functions/layers.h"
#include "backend/store/files.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <utility>

// What functions have of layers: resolved, unpacked, merged, and kept while they are used.
namespace gantry::functions {

namespace fs = std::filesystem;

namespace {

// Other processes may be mounting it: it appears complete or not at all.
absl::Status mergeInto(const std::vector<fs::path>& layers, const fs::path& target)
{
    std::error_code error;
    if (fs::exists(target, error))
        return absl::OkStatus();
    const fs::path temporary = target.string() + "." + randomHex(8);
    fs::create_directory(temporary, error);
    if (!error)
        fs::permissions(temporary, fs::perms(0755), error);
    if (error)
        return store::fileError(temporary, error.value());
    absl::Status status = mergeLayers(layers, temporary);
    if (status.ok())
        status = store::renameDurably(temporary, target);
    if (status.ok())
        return status;
    fs::remove_all(temporary, error);
    return fs::exists(target, error) ? absl::OkStatus() : status;
}

} // namespace

absl::StatusOr<AttachedLayers>
Layers::attach(const google::protobuf::RepeatedPtrField<std::string>& arns) const
{
    if (arns.size() > kMaxLayers)
        return invalidParameter(absl::StrCat("Cannot reference more than ", kMaxLayers, " layers."));
    AttachedLayers attached;
    std::map<std::string, std::string> seen; // ARN by layer
    for (const std::string& arn : arns) {
        const absl::StatusOr<LayerReference> reference = parseLayer(m_place, arn);
        if (!reference.ok())
            return reference.status();
        const absl::StatusOr<LayerVersion> version = find(*reference);
        if (!version.ok())
            return invalidParameter(absl::StrCat("Layer version ", arn, " does not exist."));
        const auto [first, added] = seen.emplace(reference->name, arn);
        if (!added) {
            return invalidParameter(absl::StrCat(
                "Two different versions of the same layer are not allowed to be referenced in the "
                "same function. ",
                first->second, " and ", arn, "."));
        }
        attached.packages.push_back(version->record->package());
        attached.arns.emplace_back(arn, version->record->zip_bytes());
        attached.unpackedBytes += version->record->unpacked_bytes();
    }
    return attached;
}

fs::path Layers::mergedDirectory(const std::vector<std::string>& packages) const
{
    return m_merged / toHex(sha256(absl::StrJoin(packages, "+")));
}

// A single layer needs no merge.
std::string Layers::directoryOf(const std::vector<std::string>& packages) const
{
    if (packages.empty())
        return {};
    return (packages.size() == 1 ? m_code->directoryOf(packages[0]) : mergedDirectory(packages))
        .string();
}

bool Layers::isPrepared(const std::vector<std::string>& packages) const
{
    std::error_code ignored;
    return packages.empty() || fs::is_directory(directoryOf(packages), ignored);
}

void Layers::prepare(const std::vector<std::string>& packages, Done done)
{
    if (isPrepared(packages))
        return done(absl::OkStatus());
    unpackFrom(0, packages, std::move(done));
}

void Layers::unpackFrom(std::size_t index, std::vector<std::string> packages, Done done)
{
    if (index == packages.size())
        return packages.size() == 1 ? done(absl::OkStatus())
                                    : merge(std::move(packages), std::move(done));
    const std::string package = packages[index];
    m_code->unpack(package, [this, index, packages = std::move(packages), done = std::move(done),
                             alive = std::weak_ptr<int>(m_alive)](const absl::Status& unpacked) {
        if (alive.expired())
            return;
        unpacked.ok() ? unpackFrom(index + 1, packages, done) : done(unpacked);
    });
}

void Layers::merge(std::vector<std::string> packages, Done done)
{
    std::vector<fs::path> layers;
    for (const std::string& package : packages)
        layers.push_back(m_code->directoryOf(package));
    m_pool.post([layers = std::move(layers), target = mergedDirectory(packages), &io = m_io,
                 lease = lease(packages), done = std::move(done),
                 alive = std::weak_ptr<int>(m_alive),
                 guard = boost::asio::make_work_guard(m_io)] {
        boost::asio::post(io, [alive, done, merged = mergeInto(layers, target)] {
            if (!alive.expired())
                done(merged);
        });
    });
}

store::CodeLease Layers::lease(const std::vector<std::string>& packages)
{
    auto leases = std::make_shared<std::vector<store::CodeLease>>();
    for (const std::string& package : packages)
        leases->push_back(m_code->lease(package));
    return leases;
}

void Layers::use(const std::vector<std::string>& packages, int sign)
{
    if (sign > 0 && packages.size() > 1)
        m_mergedUses.insert(mergedDirectory(packages).filename().string());
    for (const std::string& package : packages) {
        if ((m_uses[package] += sign) > 0)
            continue;
        m_uses.erase(package);
        m_code->discard(package);
    }
}

void Layers::sweep()
{
    std::set<std::string> packages;
    for (const auto& [package, uses] : m_uses)
        packages.insert(package);
    m_code->keepOnly(packages);
    std::vector<fs::path> unused;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(m_merged, error)) {
        if (!m_mergedUses.contains(entry.path().filename().string()))
            unused.push_back(entry.path());
    }
    m_pool.post([unused = std::move(unused)] {
        std::error_code ignored;
        for (const fs::path& directory : unused)
            fs::remove_all(directory, ignored);
    });
}

} // namespace gantry::functions
