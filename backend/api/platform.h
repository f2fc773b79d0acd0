#pragma once

#include "backend/api/operation_table.h"
#include "backend/sandbox/engine.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gantry::runtime {
class Catalogue;
}
namespace gantry::v1 {
class PriceTable;
}

namespace gantry::api {

// What the daemon says about itself.
struct PlatformDetails {
    std::string accountId;
    std::string region;
    std::string dataDirectory;
    std::string awsEndpoint;
    std::string credentialsFile;
    std::string engine;
    std::string engineReason;
    std::vector<sandbox::Capability> capabilities;
    std::int64_t startedAtMs = 0;
    int accountConcurrency = 0;
};

// The console's Platform service. The details are asked for at every call; shutdown is called after
// the caller has its answer. Catalogue and prices must outlive the table.
void registerPlatform(OperationTable& table, boost::asio::io_context& io,
                      std::function<PlatformDetails()> details, const runtime::Catalogue& catalogue,
                      std::function<const v1::PriceTable&()> prices,
                      std::function<void()> shutdown);

} // namespace gantry::api
