#pragma once

#include "backend/cost/ledger.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace gantry::cost {

// Provisioned concurrency as it is configured now: it is paid for while nothing calls.
struct Provision {
    std::string function;
    std::string qualifier; // version or alias
    bool arm64 = false;
    int memoryMb = 0;
    int environments = 0;
    bool snapshot = false; // a cached SnapStart snapshot instead: environments is 1
};

// Charges standing concurrency in steps of the price table (five minutes), each at its begin, so
// that a started step counts whole. What is added within a step is charged for a step of its own. A
// restart of the daemon, which starts all environments anew, begins new steps.
class StandingMeter final {
public:
    using List = std::function<std::vector<Provision>()>;

    // Looks once a second.
    StandingMeter(boost::asio::io_context& io, Ledger& ledger, List list);

    // Charges what is due by now; the timer does it by itself.
    void tick();

private:
    struct Step {
        std::int64_t endMicros = 0;
        int environments = 0;
        int memoryMb = 0;
        bool seen = false;
    };
    void charge(const Provision& provision, std::int64_t atMicros, int environments);

    void scheduleTick();

    Ledger& m_ledger;
    List m_list;
    boost::asio::steady_timer m_timer;
    // By function, qualifier and whether it is a snapshot.
    std::map<std::tuple<std::string, std::string, bool>, Step> m_steps;
};

} // namespace gantry::cost
