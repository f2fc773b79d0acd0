#include "backend/api/platform.h"

#include "backend/base/version.h"
#include "backend/runtime/catalogue.h"
#include "gantry/v1/platform.pb.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <fstream>
#include <memory>
#include <utility>

#include <unistd.h>

namespace gantry::api {
namespace {

std::int64_t residentBytes()
{
    std::ifstream statm("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

v1::HostCapability::State stateOf(sandbox::Capability::State state)
{
    switch (state) {
    case sandbox::Capability::State::Available:
        return v1::HostCapability::AVAILABLE;
    case sandbox::Capability::State::Degraded:
        return v1::HostCapability::DEGRADED;
    case sandbox::Capability::State::Missing:
        return v1::HostCapability::MISSING;
    }
    return v1::HostCapability::STATE_UNSPECIFIED;
}

v1::PlatformInfo platformInfo(const PlatformDetails& details)
{
    v1::PlatformInfo info;
    info.set_version(kVersion);
    info.set_api_level(kApiLevel);
    info.set_account_id(details.accountId);
    info.set_region(details.region);
    info.set_data_directory(details.dataDirectory);
    info.set_aws_endpoint(details.awsEndpoint);
    info.set_credentials_file(details.credentialsFile);
    info.set_engine(details.engine);
    info.set_engine_reason(details.engineReason);
    for (const sandbox::Capability& capability : details.capabilities) {
        v1::HostCapability* added = info.add_capabilities();
        added->set_id(capability.id);
        added->set_title(capability.title);
        added->set_state(stateOf(capability.state));
        added->set_detail(capability.detail);
        added->set_remedy(capability.remedy);
    }
    info.set_started_at_ms(details.startedAtMs);
    info.set_process_id(::getpid());
    info.set_account_concurrency_limit(details.accountConcurrency);
    info.set_resident_memory_bytes(residentBytes());
    return info;
}

v1::ListRuntimesResponse runtimeList(const runtime::Catalogue& catalogue)
{
    v1::ListRuntimesResponse response;
    for (const runtime::Runtime& runtime : catalogue.runtimes()) {
        v1::RuntimeInfo* added = response.add_runtimes();
        added->set_id(runtime.id);
        added->set_family(runtime.family);
        added->set_available(runtime.available);
        added->set_exact(runtime.exact);
        added->set_interpreter(runtime.interpreter);
        added->set_interpreter_version(runtime.version);
        added->set_note(runtime.note);
        added->set_deprecated(runtime.deprecated);
    }
    return response;
}

} // namespace

void registerPlatform(OperationTable& table, boost::asio::io_context& io,
                      std::function<PlatformDetails()> details, const runtime::Catalogue& catalogue,
                      std::function<const v1::PriceTable&()> prices,
                      std::function<void()> shutdown)
{
    table.on<v1::GetPlatformRequest, v1::PlatformInfo>(
        [details = std::move(details)](CallPtr, const v1::GetPlatformRequest&,
                                       Reply<v1::PlatformInfo> reply) {
            reply(platformInfo(details()));
        });
    table.on<v1::ListRuntimesRequest, v1::ListRuntimesResponse>(
        [&catalogue](CallPtr, const v1::ListRuntimesRequest&,
                     Reply<v1::ListRuntimesResponse> reply) { reply(runtimeList(catalogue)); });
    table.on<v1::GetPricesRequest, v1::PriceTable>(
        [prices = std::move(prices)](CallPtr, const v1::GetPricesRequest&,
                                     Reply<v1::PriceTable> reply) {
            reply(v1::PriceTable(prices()));
        });
    table.on<v1::ShutdownRequest, v1::ShutdownResponse>(
        [&io, shutdown = std::move(shutdown)](CallPtr, const v1::ShutdownRequest&,
                                              Reply<v1::ShutdownResponse> reply) {
            reply(v1::ShutdownResponse());
            // The answer leaves first: the sockets are closed by what follows.
            auto timer = std::make_shared<boost::asio::steady_timer>(io);
            timer->expires_after(std::chrono::milliseconds(50));
            timer->async_wait([timer, shutdown](const boost::system::error_code& error) {
                if (!error)
                    shutdown();
            });
        });
}

} // namespace gantry::api
