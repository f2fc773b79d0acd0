#pragma once

#include "backend/functions/lanes.h"
#include "backend/functions/model.h"
#include "backend/functions/options.h"
#include "backend/functions/target.h"
#include "backend/store/code_store.h"
#include "backend/store/writer.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::v1 {
class FunctionOverview;
}

namespace gantry::functions {

class Layers;

// What a name and a qualifier lead to. version is that of the alias when one was named (the main
// one, without regard to weights).
struct Found {
    FunctionPtr function;
    VersionPtr version;
    AliasPtr alias;        // null unless named
    std::string qualifier; // as named; may be empty
};

// Where a function URL leads.
struct UrlPlace {
    std::string functionName;
    std::string qualifier; // an alias, or nothing
    UrlPtr url;
};

// Told after a change is on the disk.
struct Change {
    enum class Kind { Created, Updated, Deleted };
    Kind kind = Kind::Updated;
    std::string functionName;
    FunctionPtr function; // null when deleted
    // Set when environments of $LATEST that were made from other keys are outdated; with Deleted,
    // all of them are. Tags, aliases and new versions leave every environment as it is.
    bool retires = false;
    std::string poolKey; // of $LATEST
};

// The functions there are: the control plane's model. All of it is in memory, on the I/O thread;
// a change is checked against the model, committed, put into the model and only then answered.
//
// Create answers Pending and update InProgress; the code is unpacked after that, and the function
// becomes Active and the update Successful. Further changes of the function wait for it (AWS
// refuses them for these seconds), invocations of a Pending function are refused as by AWS, and
// those during an update run what was there before.
class Registry final {
public:
    using Configured = std::function<void(absl::StatusOr<Configuration>)>;
    using Aliased = std::function<void(absl::StatusOr<Alias>)>;
    using Addressed = std::function<void(absl::StatusOr<UrlPtr>)>;
    using Done = std::function<void(absl::Status)>;
    using Package = std::function<void(absl::StatusOr<std::string>)>;
    using Listener = std::function<void(const Change&)>;

    // Loads what the file holds, continues what a killed daemon had begun and lets the code store
    // forget packages that nothing refers to. The code store and the layers must outlive the
    // registry; without layers, functions cannot have any.
    static absl::StatusOr<std::unique_ptr<Registry>> open(boost::asio::io_context& io,
                                                          const std::filesystem::path& file,
                                                          store::CodeStore& code,
                                                          const Clock& clock, Options options,
                                                          Layers* layers = nullptr);
    ~Registry();

    const Options& options() const { return m_options; }
    const Place& place() const { return m_options.place; }

    // Looking up. The errors are those that AWS answers.
    absl::StatusOr<Found> find(std::string_view nameOrArn, std::string_view qualifier = {}) const;
    // What an invocation runs. random in [0, 1) chooses between the two versions of a routed alias.
    absl::StatusOr<Target> resolve(std::string_view nameOrArn, std::string_view qualifier,
                                   double random) const;
    // The configuration with the ARN as it was asked for.
    Configuration describe(const Found& found) const;
    // The resource-based policy of a function, a version or an alias, by its ARN; JSON, empty when
    // there is none. Each has its own.
    std::string policyDocument(std::string_view arn) const;
    const std::map<std::string, FunctionPtr>& functions() const { return m_functions; }
    std::vector<v1::FunctionOverview> overviews() const;
    absl::StatusOr<UrlPtr> url(std::string_view nameOrArn, std::string_view qualifier) const;
    // The address with that id; null when there is none.
    const UrlPlace* findUrl(const std::string& id) const;
    // Packages of all versions of functions and layers, as GetAccountSettings counts them.
    std::int64_t codeBytes() const;
    // The deployment package as it was uploaded.
    void package(const Found& found, Package done);

    // Changing.
    void create(const aws::lambda::CreateFunctionRequest& request, Configured reply);
    void updateCode(const aws::lambda::UpdateFunctionCodeRequest& request, Configured reply);
    void updateConfiguration(const aws::lambda::UpdateFunctionConfigurationRequest& request,
                             Configured reply);
    void remove(const aws::lambda::DeleteFunctionRequest& request, Done reply);
    void publish(const aws::lambda::PublishVersionRequest& request, Configured reply);
    // The end of a version's wait for its snapshot: it becomes Active, or Failed.
    void snapshotTaken(const std::string& name, const std::string& version,
                       const runtime::InitOutcome& outcome);
    void createAlias(const aws::lambda::CreateAliasRequest& request, Aliased reply);
    void updateAlias(const aws::lambda::UpdateAliasRequest& request, Aliased reply);
    void removeAlias(const aws::lambda::DeleteAliasRequest& request, Done reply);
    void tag(const aws::lambda::TagResourceRequest& request, Done reply);
    void untag(const aws::lambda::UntagResourceRequest& request, Done reply);
    void createUrl(const aws::lambda::CreateFunctionUrlConfigRequest& request, Addressed reply);
    void updateUrl(const aws::lambda::UpdateFunctionUrlConfigRequest& request, Addressed reply);
    void removeUrl(const aws::lambda::DeleteFunctionUrlConfigRequest& request, Done reply);
    // Changes what belongs to the function beside its versions. edit sees the function as it is when
    // its turn comes; what it refuses is not written. The qualifier must lead to something.
    using Edit = std::function<absl::Status(const Found&, Settings&)>;
    void changeSettings(const std::string& nameOrArn, const std::string& qualifier, Edit edit,
                        Done reply);

    // registry_concurrency.cpp: reserved and provisioned concurrency.
    // The account's concurrency less what functions reserve or provision.
    int unreservedConcurrency() const;
    // What a function's provisioned environments run; without those that cannot be invoked now.
    std::vector<ProvisionedTarget> provisionedTargets(const Function& function) const;
    void putConcurrency(const aws::lambda::PutFunctionConcurrencyRequest& request, Done reply);
    void removeConcurrency(const aws::lambda::DeleteFunctionConcurrencyRequest& request,
                           Done reply);
    void putProvisioned(const aws::lambda::PutProvisionedConcurrencyConfigRequest& request,
                        std::function<void(absl::StatusOr<ProvisionedConfig>)> reply);
    void removeProvisioned(const aws::lambda::DeleteProvisionedConcurrencyConfigRequest& request,
                           Done reply);

    void onChange(Listener listener);

private:
    struct Deploy;
    using DeployPtr = std::shared_ptr<Deploy>;
    // A change under way: the lane it holds, what was there, and the draft of what is to be.
    struct Draft {
        Lanes::Pass pass;
        FunctionPtr before;
        std::shared_ptr<Function> after;
    };
    struct PackageUse {
        int versions = 0;
        store::CodeLease lease;
    };

    Registry(boost::asio::io_context& io, store::Database database, store::CodeStore& code,
             const Clock& clock, Options options, Layers* layers);

    // registry.cpp: the model, its persistence, its listeners.
    void adopt(std::vector<std::shared_ptr<Function>> functions);
    void commit(const FunctionPtr& before, const FunctionPtr& after, Done done);
    void apply(const FunctionPtr& before, const FunctionPtr& after);
    void countVersions(const Function& function, int sign);
    void usePackage(const Version& version, int sign);
    store::CodeLease leaseImage(const std::string& digest) const;
    void tell(const FunctionPtr& before, const FunctionPtr& after) const;
    // Waits for the function's lane, then begins with the function as it is by then.
    void change(const std::string& nameOrArn, Done fail,
                std::function<void(Draft, const Reference&)> begin);
    // Calls f only while the registry is there.
    template <class F> auto guarded(F f);

    // registry_deploy.cpp: create and the two updates.
    void storeCode(const DeployPtr& deploy);
    absl::Status takeImage(const std::string& uri, Deploy& deploy) const;
    void checkCode(const DeployPtr& deploy);
    void accept(const DeployPtr& deploy);
    void activate(const DeployPtr& deploy);
    void finish(const DeployPtr& deploy);
    absl::Status attachLayers(Deploy& deploy,
                              const google::protobuf::RepeatedPtrField<std::string>& arns);
    void unpack(const Version& version, Done done);
    bool isUnpacked(const Version& version) const;
    void resume(const FunctionPtr& function);
    void putCode(Configuration& configuration, const store::CodePackage& package) const;
    VersionPtr activated(const Version& version, const absl::Status& unpacked);
    void discardUnused(const std::string& package);
    std::string now() const;

    // registry_versions.cpp
    VersionPtr publishLatest(Function& function, std::string_view description);
    void runnable(Version& version);
    void removeVersion(const Draft& draft, const std::string& version, Done reply);

    // registry_urls.cpp
    void indexUrls(const FunctionPtr& before, const FunctionPtr& after);
    // As change(), for the function's own URL or that of the alias that qualifier names.
    void changeUrl(const std::string& nameOrArn, const std::string& qualifier, Done fail,
                   std::function<void(Draft, const std::string&)> begin);
    void saveUrl(const Draft& draft, const std::string& qualifier, Url url, Addressed reply);

    // registry_concurrency.cpp
    absl::Status checkProvisionable(const Function& function, const std::string& qualifier) const;
    absl::Status checkProvisioned(const Function& function, const std::string& qualifier,
                                  int wanted) const;

    // registry_aliases.cpp, registry_tags.cpp
    void saveAlias(const Draft& draft, Alias alias, Aliased reply);
    absl::Status checkAlias(const Function& function, const Alias& alias) const;
    void changeTags(const std::string& resource, Done reply,
                    std::function<absl::Status(std::map<std::string, std::string>&)> edit);

    store::CodeStore& m_code;
    Layers* const m_layers;
    const Clock& m_clock;
    const Options m_options;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    Lanes m_lanes;
    std::map<std::string, FunctionPtr> m_functions; // by name: the order of listings
    std::map<std::string, PackageUse> m_packages;   // and images, that versions refer to
    std::map<std::string, UrlPlace> m_urls;         // by id
    std::int64_t m_codeBytes = 0;
    std::int64_t m_generation = 0; // makes pool keys
    std::vector<Listener> m_listeners;
    store::Writer m_writer; // last: its end commits, and nothing is called back after
};

template <class F> auto Registry::guarded(F f)
{
    return [alive = std::weak_ptr<bool>(m_alive), f = std::move(f)](auto&&... arguments) {
        if (!alive.expired())
            f(std::forward<decltype(arguments)>(arguments)...);
    };
}

} // namespace gantry::functions
