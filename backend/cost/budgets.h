#pragma once

#include "backend/cost/ledger.h"
#include "backend/store/writer.h"

#include "gantry/v1/cost.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace gantry::cost {

// The budgets and the state of their alarms, in cost.db. Looks once a second whether something was
// charged or the month is a new one. I/O thread only.
class Budgets final {
public:
    using Put = std::function<void(absl::StatusOr<v1::Budget>)>;
    using Done = std::function<void(absl::Status)>;
    using Listener = std::function<void()>;

    static absl::StatusOr<std::unique_ptr<Budgets>> open(boost::asio::io_context& io,
                                                         const std::filesystem::path& file,
                                                         const Ledger& ledger);

    // Answer after the commit. ValidationException says what is wrong with a budget.
    void put(const v1::Budget& budget, Put done);
    void remove(const std::string& name, Done done);

    const std::map<std::string, v1::Budget>& all() const { return m_budgets; }
    // Called whenever what all() answers has changed.
    void onChange(Listener listener) { m_listener = std::move(listener); }
    // Brings the states up to now; the timer does it by itself.
    void evaluate();

private:
    Budgets(boost::asio::io_context& io, store::Database database, const Ledger& ledger,
            std::map<std::string, v1::Budget> budgets);
    void scheduleLook();
    bool update(v1::Budget& budget) const;
    void save(const v1::Budget& budget, Done done);

    const Ledger& m_ledger;
    std::map<std::string, v1::Budget> m_budgets;
    Listener m_listener;
    std::uint64_t m_seen = ~std::uint64_t{0}; // changes of the ledger that were looked at
    std::int64_t m_lookedMs = 0;
    boost::asio::steady_timer m_timer;
    store::Writer m_writer; // last: its end commits, and nothing is called back after
};

} // namespace gantry::cost
