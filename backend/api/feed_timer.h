#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace gantry::api {

// The 10 Hz beat that a feed's watchers share. It runs only while the feed says that someone
// watches.
class FeedTimer final {
public:
    static constexpr int kPeriodMs = 100;

    // beat() answers whether to go on.
    FeedTimer(boost::asio::io_context& io, std::function<bool()> beat)
        : m_timer(io), m_beat(std::move(beat))
    {
    }

    void start()
    {
        if (!std::exchange(m_running, true))
            wait();
    }

private:
    void wait()
    {
        m_timer.expires_after(std::chrono::milliseconds(kPeriodMs));
        m_timer.async_wait([this](const boost::system::error_code& error) {
            if (error)
                return;
            if (m_beat())
                wait();
            else
                m_running = false;
        });
    }

    boost::asio::steady_timer m_timer;
    std::function<bool()> m_beat;
    bool m_running = false;
};

} // namespace gantry::api
