#pragma once

#include "backend/store/database.h"

#include <absl/status/status.h>

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace gantry::store {

// The one thread that writes a database. Work that is submitted while a commit is under way joins
// the next one, so that a thousand changes cost a few fsyncs, and each is answered only when it is
// on the disk (rule 4). A change that fails is rolled back alone; its neighbours are committed.
class Writer final {
public:
    // Runs on the writer's thread inside a transaction, and once more on its own when the group's
    // commit failed: it must touch nothing but the database.
    using Work = std::function<absl::Status(Database&)>;
    // Called on the I/O thread after the commit, never after the writer's destruction.
    using Done = std::function<void(absl::Status)>;

    Writer(boost::asio::io_context& io, Database database);
    ~Writer(); // on the I/O thread; commits what was submitted

    void submit(Work work, Done done);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry::store
