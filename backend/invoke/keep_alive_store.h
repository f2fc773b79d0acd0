#pragma once

#include "backend/invoke/dispatcher.h"
#include "backend/invoke/keep_alive.h"
#include "backend/store/writer.h"

#include <absl/status/statusor.h>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace gantry::invoke {

// The keep-alive and the rates of scaling that an operator chose, and what was learned of the
// functions' arrivals, remembered in invoke.db.
class KeepAliveStore final {
public:
    struct Choice {
        KeepAlive::Policy policy = KeepAlive::Policy::Fixed;
        std::int64_t fixedMicros = 0;
    };

    static absl::StatusOr<std::unique_ptr<KeepAliveStore>> open(boost::asio::io_context& io,
                                                                const std::filesystem::path& file);

    // None when nothing was ever chosen.
    const std::optional<Choice>& choice() const { return m_choice; }
    // Calls back once it is on the disk.
    void save(const Choice& choice, std::function<void(absl::Status)> done);
    const std::optional<ScalingRates>& scaling() const { return m_scaling; }
    void save(const ScalingRates& rates, std::function<void(absl::Status)> done);

    // Gives it what an earlier daemon learned, and keeps what it learns from now on: once a minute,
    // and when keep() is called. It must not be asked after the object is gone.
    void follow(KeepAlive& keepAlive);
    void keep();

private:
    KeepAliveStore(boost::asio::io_context& io, store::Database database,
                   std::optional<Choice> choice, std::optional<ScalingRates> scaling,
                   KeepAlive::Histograms learned)
        : m_choice(choice), m_scaling(scaling), m_learned(std::move(learned)), m_timer(io),
          m_writer(io, std::move(database))
    {
    }

    void schedule();

    std::optional<Choice> m_choice;
    std::optional<ScalingRates> m_scaling;
    KeepAlive::Histograms m_learned; // until it is handed on
    KeepAlive* m_keepAlive = nullptr;
    boost::asio::steady_timer m_timer;
    store::Writer m_writer;
};

} // namespace gantry::invoke
