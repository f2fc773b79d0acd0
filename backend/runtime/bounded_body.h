#pragma once

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace gantry::runtime {

// A Beast body that keeps at most `limit` bytes. A longer one is read on, so that the client lives
// to see the answer, but its bytes are dropped; far beyond the limit reading ends with body_limit.
struct BoundedBody {
    static constexpr std::uint64_t kMaxDropped = 64ull << 20;

    struct value_type {
        std::string data;
        std::uint64_t limit = 0;
        std::uint64_t received = 0;

        bool tooLarge() const { return received > limit; }
    };

    class reader {
    public:
        template <bool isRequest, class Fields>
        reader(boost::beast::http::header<isRequest, Fields>&, value_type& body) : m_body(body)
        {
        }

        void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error)
        {
            error = {};
            if (length)
                m_body.data.reserve(static_cast<std::size_t>(std::min(*length, m_body.limit)));
        }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::beast::error_code& error)
        {
            error = {};
            std::size_t taken = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                m_body.received += buffer.size();
                taken += buffer.size();
                if (!m_body.tooLarge())
                    m_body.data.append(static_cast<const char*>(buffer.data()), buffer.size());
            }
            if (m_body.received > m_body.limit + kMaxDropped)
                error = boost::beast::http::error::body_limit;
            return taken;
        }

        void finish(boost::beast::error_code& error) { error = {}; }

    private:
        value_type& m_body;
    };
};

} // namespace gantry::runtime
