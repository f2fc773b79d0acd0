#pragma once

#include "backend/base/worker_pool.h"

#include <absl/status/status.h>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace gantry::api {

// Posts JSON to an http or https URL: one try, ten seconds, no redirects. A status of 2xx is success.
// I/O thread only.
class Webhook final {
public:
    explicit Webhook(boost::asio::io_context& io);
    ~Webhook(); // breaks off what is under way

    void post(std::string url, std::string json, std::function<void(absl::Status)> done);

private:
    boost::asio::io_context& m_io;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::atomic<bool> m_stop = false;
    WorkerPool m_workers{2}; // last: its threads use the others
};

} // namespace gantry::api
