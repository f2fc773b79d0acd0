#include "backend/functions/registry.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/functions/configuration.h"
#include "backend/functions/layers.h"
#include "backend/functions/rules.h"
#include "backend/functions/variables.h"
#include "backend/functions/settings.h"
#include "backend/images/image_store.h"
#include "gantry/empty_lists.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>

#include <utility>

// The way of a deploy: check → store the package → commit as Pending or InProgress → answer →
// unpack → commit as Active or Failed. It holds the function's lane all the way.
namespace gantry::functions {

struct Registry::Deploy {
    Draft draft;
    Configuration configuration; // of $LATEST as it is to be
    std::string zip;             // until it is stored
    std::string package;         // id of its code
    ImageSource image;           // instead of it
    std::int64_t unpackedBytes = 0;
    store::CodeLease lease;      // until the model refers to the code
    std::vector<std::string> layerPackages;
    std::int64_t layerBytes = 0;  // unpacked
    store::CodeLease layersLease; // likewise
    bool publish = false;
    Configured reply;
};

namespace {

// What an update has from the version before, unless it brings something else.
template <class Deploy> void keepCode(const Version& version, Deploy& deploy)
{
    deploy.package = version.package;
    deploy.image = version.image;
    deploy.unpackedBytes = version.unpackedBytes;
    deploy.layerPackages = version.layerPackages;
    deploy.layerBytes = version.layerBytes;
}

// The answer of a publishing deploy is the published version, else $LATEST.
const Configuration& answerOf(const Function& function, const VersionPtr& published)
{
    return published ? published->configuration : function.latest->configuration;
}

} // namespace

void setPending(Configuration& configuration)
{
    configuration.set_state("Pending");
    configuration.set_state_reason("The function is being created.");
    configuration.set_state_reason_code("Creating");
    configuration.set_last_update_status("Successful");
}

namespace {

void setInProgress(Configuration& configuration)
{
    configuration.set_last_update_status("InProgress");
    configuration.set_last_update_status_reason("The function is being updated.");
    configuration.clear_last_update_status_reason_code();
}

} // namespace

void setActive(Configuration& configuration)
{
    configuration.set_state("Active");
    configuration.clear_state_reason();
    configuration.clear_state_reason_code();
    configuration.set_last_update_status("Successful");
    configuration.clear_last_update_status_reason();
    configuration.clear_last_update_status_reason_code();
}

namespace {

// A function that could run before the update still can.
void setFailed(Configuration& configuration, bool canRun, const std::string& reason)
{
    if (!canRun) {
        configuration.set_state("Failed");
        configuration.set_state_reason(reason);
        configuration.set_state_reason_code("InternalError");
    }
    configuration.set_last_update_status("Failed");
    configuration.set_last_update_status_reason(reason);
    configuration.set_last_update_status_reason_code("InternalError");
}

// A native library for another processor than the function's fails when it is loaded, which may be
// late: AWS does not look, so neither is the deploy refused here.
void warnOfNatives(const Configuration& configuration,
                   const std::map<std::string, std::string>& natives)
{
    const std::string& chosen = configuration.architectures(0);
    if (natives.empty() || natives.contains(chosen))
        return;
    const auto& [architecture, path] = *natives.begin();
    log::warning("function ", configuration.function_name(), " is for ", chosen, ", but ", path,
                 " in its package is built for ", architecture);
}

bool hasCodeOf(const Version& version, const Version& other)
{
    return version.package == other.package && version.image == other.image &&
           version.layerPackages == other.layerPackages;
}

// Whether the version still has to be unpacked, or tried and failed for good.
bool isUnfinished(const Version& version)
{
    const Configuration& c = version.configuration;
    if (version.spec && c.state() == "Pending")
        return false; // its snapshot is being taken
    return !isSettled(c) || (!version.spec && c.state() == "Active");
}

VersionPtr firstUnfinished(const Function& function)
{
    if (isUnfinished(*function.latest))
        return function.latest;
    for (const auto& [number, version] : function.versions) {
        if (isUnfinished(*version))
            return version;
    }
    return nullptr;
}

} // namespace

bool isSettled(const Configuration& configuration)
{
    return configuration.state() != "Pending" && configuration.last_update_status() != "InProgress";
}

void Registry::create(const aws::lambda::CreateFunctionRequest& request, Configured reply)
{
    absl::StatusOr<Reference> reference = parseReference(m_options.place, request.function_name());
    absl::Status valid = reference.status();
    if (valid.ok())
        valid = checkCreate(request);
    if (!valid.ok())
        return reply(valid);
    auto deploy = std::make_shared<Deploy>();
    deploy->configuration = newConfiguration(m_options.place, request);
    absl::Status possible = checkSnapStart(deploy->configuration);
    possible.Update(checkDeadLetter(m_options, deploy->configuration));
    if (request.publish())
        possible.Update(checkSnapshots(*this, deploy->configuration));
    if (!possible.ok())
        return reply(possible);
    setPending(deploy->configuration);
    if (absl::Status attached = attachLayers(*deploy, request.layers()); !attached.ok())
        return reply(attached);
    deploy->publish = request.publish();
    deploy->reply = std::move(reply);
    deploy->draft.after = std::make_shared<Function>();
    deploy->draft.after->name = reference->name;
    deploy->draft.after->tags = {request.tags().begin(), request.tags().end()};
    if (!request.code_signing_config_arn().empty()) {
        auto settings = std::make_shared<Settings>();
        settings->set_code_signing_config_arn(request.code_signing_config_arn());
        deploy->draft.after->settings = std::move(settings);
    }
    deploy->zip = request.code().zip_file();
    const std::string imageUri = request.code().image_uri();
    m_lanes.enter(reference->name, [this, deploy, imageUri](Lanes::Pass pass) {
        const std::string& name = deploy->draft.after->name;
        if (m_functions.contains(name))
            return deploy->reply(conflict(absl::StrCat("Function already exist: ", name)));
        deploy->draft.pass = std::move(pass);
        if (imageUri.empty())
            return storeCode(deploy);
        if (absl::Status taken = takeImage(imageUri, *deploy); !taken.ok())
            return deploy->reply(taken);
        accept(deploy);
    });
}

void Registry::updateCode(const aws::lambda::UpdateFunctionCodeRequest& request, Configured reply)
{
    if (absl::Status valid = checkUpdate(request); !valid.ok())
        return reply(valid);
    auto deploy = std::make_shared<Deploy>();
    deploy->zip = request.zip_file();
    deploy->publish = request.publish();
    deploy->reply = reply;
    const std::string architecture =
        request.architectures_size() > 0 ? request.architectures(0) : std::string();
    change(request.function_name(), std::move(reply),
           [this, deploy, architecture, dryRun = request.dry_run(),
            imageUri = request.image_uri(), revision = request.revision_id(),
            hasRevision = request.has_revision_id()](Draft draft, const Reference&) {
               Configuration& configuration = deploy->configuration;
               configuration = draft.before->latest->configuration;
               deploy->draft = std::move(draft);
               const absl::Status matches =
                   checkRevision(hasRevision, revision, configuration.revision_id());
               if (!matches.ok())
                   return deploy->reply(matches);
               absl::Status fits =
                   checkPackageType(configuration.package_type(), !imageUri.empty());
               if (deploy->publish)
                   fits.Update(checkSnapshots(*this, configuration));
               if (!fits.ok())
                   return deploy->reply(fits);
               keepCode(*deploy->draft.before->latest, *deploy);
               if (!architecture.empty())
                   configuration.set_architectures(0, architecture);
               if (dryRun && imageUri.empty())
                   return checkCode(deploy);
               if (!dryRun)
                   setInProgress(configuration);
               if (imageUri.empty())
                   return storeCode(deploy);
               const absl::Status taken = takeImage(imageUri, *deploy);
               if (!taken.ok() || dryRun)
                   return taken.ok() ? deploy->reply(configuration) : deploy->reply(taken);
               accept(deploy);
           });
}

// A dry run: the answer is what the update would make of the function.
void Registry::checkCode(const DeployPtr& deploy)
{
    const auto checked = [this, deploy](const absl::StatusOr<store::CodePackage>& package) {
        if (!package.ok())
            return deploy->reply(package.status());
        putCode(deploy->configuration, *package);
        deploy->reply(deploy->configuration);
    };
    m_code.inspect(std::move(deploy->zip), guarded(checked));
}

void Registry::updateConfiguration(const aws::lambda::UpdateFunctionConfigurationRequest& request,
                                   Configured reply)
{
    absl::Status valid = checkUpdate(request);
    if (!valid.ok())
        return reply(valid);
    change(request.function_name(), reply, [this, request, reply](Draft draft, const Reference&) {
        auto deploy = std::make_shared<Deploy>();
        deploy->configuration = draft.before->latest->configuration;
        const absl::Status revision = checkRevision(
            request.has_revision_id(), request.revision_id(), deploy->configuration.revision_id());
        if (!revision.ok())
            return reply(revision);
        const absl::Status logging = checkLogging(
            request.logging_config(), deploy->configuration.logging_config().log_format());
        if (!logging.ok())
            return reply(logging);
        const absl::Status fits = checkUpdateOf(deploy->configuration.package_type(), request);
        if (!fits.ok())
            return reply(fits);
        applyUpdate(request, deploy->configuration);
        absl::Status possible = checkSnapStart(deploy->configuration);
        if (request.has_dead_letter_config() || request.has_role())
            possible.Update(checkDeadLetter(m_options, deploy->configuration));
        if (!possible.ok())
            return reply(possible);
        setInProgress(deploy->configuration);
        keepCode(*draft.before->latest, *deploy);
        if (request.layers_size() > 0 || wire::isMarkedEmpty(request, request.kLayersFieldNumber)) {
            if (absl::Status attached = attachLayers(*deploy, request.layers()); !attached.ok())
                return reply(attached);
        }
        deploy->draft = std::move(draft);
        deploy->reply = reply;
        accept(deploy);
    });
}

void Registry::storeCode(const DeployPtr& deploy)
{
    const auto stored = [this, deploy](const absl::StatusOr<store::CodePackage>& package) {
        if (!package.ok())
            return deploy->reply(package.status());
        const std::int64_t replaced = deploy->draft.before ? deploy->configuration.code_size() : 0;
        deploy->package = package->id;
        deploy->unpackedBytes = package->unpackedBytes;
        deploy->lease = package->lease;
        if (codeBytes() - replaced + package->zipBytes > m_options.totalCodeBytes) {
            discardUnused(package->id);
            return deploy->reply(
                makeError("CodeStorageExceededException", 400, "Code storage limit exceeded."));
        }
        putCode(deploy->configuration, *package);
        warnOfNatives(deploy->configuration, package->natives);
        accept(deploy);
    };
    m_code.add(std::move(deploy->zip), guarded(stored));
}

// CodeSha256 is that of the manifest, as with AWS; the image has no size there.
absl::Status Registry::takeImage(const std::string& uri, Deploy& deploy) const
{
    absl::StatusOr<ImageSource> found = findImage(m_options, uri);
    if (!found.ok())
        return found.status();
    deploy.image = *std::move(found);
    deploy.lease = leaseImage(deploy.image.digest);
    deploy.configuration.set_code_size(0);
    deploy.configuration.set_code_sha256(images::hexOf(deploy.image.digest));
    return absl::OkStatus();
}

void Registry::putCode(Configuration& configuration, const store::CodePackage& package) const
{
    configuration.set_code_size(package.zipBytes);
    configuration.set_code_sha256(package.codeSha256);
}

void Registry::accept(const DeployPtr& deploy)
{
    if (const std::int64_t size = deploy->unpackedBytes + deploy->layerBytes;
        !deploy->layerPackages.empty() && size > Layers::kMaxUnpackedBytes) {
        deploy->lease.reset();
        discardUnused(deploy->package);
        return deploy->reply(invalidParameter(
            absl::StrCat("Function code combined with layers exceeds the maximum allowed size of ",
                         Layers::kMaxUnpackedBytes, " bytes. The actual size is ", size,
                         " bytes.")));
    }
    Function& function = *deploy->draft.after;
    auto latest =
        function.latest ? std::make_shared<Version>(*function.latest) : std::make_shared<Version>();
    if (m_options.keys) {
        auto sealed = sealVariables(*m_options.keys, deploy->configuration, function.latest);
        if (!sealed.ok()) {
            deploy->lease.reset();
            discardUnused(deploy->package);
            return deploy->reply(sealed.status());
        }
        latest->sealedVariables = *std::move(sealed);
    }
    latest->configuration = std::move(deploy->configuration);
    latest->configuration.set_last_modified(now());
    latest->configuration.set_revision_id(randomUuid());
    latest->package = deploy->package;
    latest->image = deploy->image;
    latest->unpackedBytes = deploy->unpackedBytes;
    latest->layerPackages = deploy->layerPackages;
    latest->layerBytes = deploy->layerBytes;
    function.latest = std::move(latest);
    const VersionPtr published = deploy->publish ? publishLatest(function, {}) : nullptr;
    commit(deploy->draft.before, deploy->draft.after,
           [this, deploy, published](const absl::Status& status) {
               deploy->lease.reset();
               deploy->layersLease.reset();
               if (!status.ok()) {
                   discardUnused(deploy->package);
                   return deploy->reply(status);
               }
               deploy->reply(answerOf(*deploy->draft.after, published));
               deploy->draft.before = deploy->draft.after;
               deploy->draft.after = std::make_shared<Function>(*deploy->draft.before);
               activate(deploy);
           });
}

// Unpacks one package after another until every version of the function can run or has failed.
void Registry::activate(const DeployPtr& deploy)
{
    const VersionPtr next = firstUnfinished(*deploy->draft.after);
    if (!next)
        return finish(deploy);
    unpack(*next, [this, deploy, next](const absl::Status& unpacked) {
        Function& function = *deploy->draft.after;
        if (hasCodeOf(*function.latest, *next) && isUnfinished(*function.latest))
            function.latest = activated(*function.latest, unpacked);
        for (auto& [number, version] : function.versions) {
            if (hasCodeOf(*version, *next) && isUnfinished(*version))
                version = activated(*version, unpacked);
        }
        activate(deploy);
    });
}

// The package, then the layers.
void Registry::unpack(const Version& version, Done done)
{
    if (!version.image.empty() && !m_options.images)
        return done(serviceError("This platform has no container images."));
    if (!version.image.empty())
        return m_options.images->prepare(version.image.digest, guarded(std::move(done)));
    m_code.unpack(version.package, guarded([this, layers = version.layerPackages,
                                            done = std::move(done)](const absl::Status& unpacked) {
                      if (!unpacked.ok() || layers.empty())
                          return done(unpacked);
                      m_layers->prepare(layers, guarded(done));
                  }));
}

bool Registry::isUnpacked(const Version& version) const
{
    if (!version.image.empty()) {
        return m_options.images && m_options.images->image(version.image.digest) &&
               m_options.images->isPrepared(version.image.digest);
    }
    return m_code.isUnpacked(version.package) &&
           (version.layerPackages.empty() || m_layers->isPrepared(version.layerPackages));
}

absl::Status
Registry::attachLayers(Deploy& deploy,
                       const google::protobuf::RepeatedPtrField<std::string>& arns)
{
    if (arns.empty() && !m_layers)
        return absl::OkStatus();
    if (!m_layers)
        return invalidParameter("This platform has no layers.");
    absl::StatusOr<AttachedLayers> attached = m_layers->attach(arns);
    if (!attached.ok())
        return attached.status();
    deploy.configuration.clear_layers();
    for (const auto& [arn, size] : attached->arns) {
        aws::lambda::Layer& layer = *deploy.configuration.add_layers();
        layer.set_arn(arn);
        layer.set_code_size(size);
    }
    deploy.layersLease = m_layers->lease(attached->packages);
    deploy.layerBytes = attached->unpackedBytes;
    deploy.layerPackages = std::move(attached->packages);
    return absl::OkStatus();
}

VersionPtr Registry::activated(const Version& version, const absl::Status& unpacked)
{
    auto result = std::make_shared<Version>(version);
    if (unpacked.ok()) {
        setActive(result->configuration);
        if (hasSnapStart(result->configuration))
            setPending(result->configuration); // until its snapshot is taken
        runnable(*result);
    } else {
        setFailed(result->configuration, version.spec != nullptr,
                  std::string(view(unpacked.message())));
    }
    result->configuration.set_revision_id(randomUuid());
    return result;
}

void Registry::finish(const DeployPtr& deploy)
{
    commit(deploy->draft.before, deploy->draft.after, [this, deploy](const absl::Status& status) {
        if (status.ok())
            return;
        // The file still says Pending, which the next start takes up again: the function can run.
        log::warning("the state of function ", deploy->draft.after->name,
                     " could not be saved: ", status.message());
        apply(deploy->draft.before, deploy->draft.after);
    });
}

// Takes up a deploy that a killed daemon had begun, or unpacks code that is missing.
void Registry::resume(const FunctionPtr& function)
{
    const auto ignored = [](const absl::Status&) {};
    change(function->name, ignored, [this](Draft draft, const Reference&) {
        auto deploy = std::make_shared<Deploy>();
        deploy->draft = std::move(draft);
        activate(deploy);
    });
}

void Registry::discardUnused(const std::string& package)
{
    if (!package.empty() && !m_packages.contains(package))
        m_code.discard(package);
}

} // namespace gantry::functions
