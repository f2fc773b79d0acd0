#pragma once

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include <cstdint>
#include <string>

namespace gantry::wire {

// A Beast body in a string, as string_body is one; but no room is taken for what a client only
// announces and somebody else may take piece by piece.
struct TextBody {
    static constexpr std::uint64_t kMostReserved = 72ull << 20; // the longest that is gathered

    using value_type = std::string;

    class reader {
    public:
        template <bool isRequest, class Fields>
        reader(boost::beast::http::header<isRequest, Fields>&, value_type& body) : m_body(body)
        {
        }

        void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error)
        {
            error = {};
            if (length && *length <= kMostReserved)
                m_body.reserve(static_cast<std::size_t>(*length));
        }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::beast::error_code& error)
        {
            error = {};
            std::size_t taken = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                m_body.append(static_cast<const char*>(buffer.data()), buffer.size());
                taken += buffer.size();
            }
            return taken;
        }

        void finish(boost::beast::error_code& error) { error = {}; }

    private:
        value_type& m_body;
    };
};

} // namespace gantry::wire
