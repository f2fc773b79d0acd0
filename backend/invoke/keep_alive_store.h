#pragma once

#include "backend/invoke/keep_alive.h"
#include "backend/store/writer.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace gantry::invoke {

// The keep-alive that an operator chose, remembered in invoke.db.
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

private:
    KeepAliveStore(boost::asio::io_context& io, store::Database database,
                   std::optional<Choice> choice)
        : m_choice(choice), m_writer(io, std::move(database))
    {
    }

    std::optional<Choice> m_choice;
    store::Writer m_writer;
};

} // namespace gantry::invoke
