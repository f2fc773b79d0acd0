#pragma once

#include "backend/base/worker_pool.h"
#include "backend/cost/price_times.h"
#include "backend/store/writer.h"

#include "gantry/v1/cost.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace gantry {
class Clock;
}

namespace gantry::cost {

// The price tables there are, the one in use, and (in prices.db) which ones were in use before. A
// change counts for what begins from then on: what was charged before stays as it was, and can be
// worked out again with the prices of its time. I/O thread only; files are a worker's.
class PriceBook final {
public:
    using Done = std::function<void(absl::StatusOr<v1::PriceTableList>)>;
    using Listener = std::function<void(const PriceTimes&)>;

    // In use is the table chosen last, at first that of `region`. A table that was changed while no
    // daemon ran counts from now on.
    static absl::StatusOr<std::unique_ptr<PriceBook>>
    open(boost::asio::io_context& io, const Clock& clock, const PriceFolders& folders,
         const std::filesystem::path& file, const std::string& region);

    const PriceTimes& times() const { return m_times; }
    // Called when other prices count.
    void onChange(Listener listener) { m_listener = std::move(listener); }

    void list(Done done);
    // Keeps a table as the user's. ValidationException names the field that is wrong.
    void put(const v1::PriceTable& table, Done done);
    // Gives the installation's table of the region its place back, if there is one.
    void remove(const std::string& region, Done done);
    void use(const std::string& region, Done done);

private:
    PriceBook(boost::asio::io_context& io, const Clock& clock, PriceFolders folders,
              store::Database database, PriceTimes times, std::string chosen);
    void onFiles(std::function<absl::Status(const PriceFolders&)> work,
                 std::function<void(absl::Status)> done);
    bool counts(const std::string& region) const;
    void take(const std::string& region, Done done);
    void switchTo(const std::string& region, Prices prices, Done done);

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const PriceFolders m_folders;
    PriceTimes m_times;
    std::string m_chosen; // region
    Listener m_listener;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    WorkerPool m_workers{1};
    store::Writer m_writer; // last: its end commits, and nothing is called back after
};

} // namespace gantry::cost
