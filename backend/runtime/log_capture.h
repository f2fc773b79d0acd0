#pragma once

#include "backend/base/unique_fd.h"
#include "backend/runtime/environment.h"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::runtime {

// Reads what an environment writes to standard output and standard error and hands it on line by
// line. Everything that arrives is hostile: a line is cut at 256 KB, bytes that are not UTF-8 are
// replaced, and one turn of reading is bounded so that a flood cannot hold up the I/O thread.
class LogCapture final {
public:
    LogCapture(boost::asio::io_context& io, const Clock& clock, UniqueFd standardOutput,
               UniqueFd standardError, LogSink sink);
    ~LogCapture();

    // Delivers all that has been written until now, also a last line without an end.
    void drain();

private:
    class Stream;
    std::shared_ptr<Stream> m_output;
    std::shared_ptr<Stream> m_error;
};

// The text with each byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string validUtf8(std::string text);

} // namespace gantry::runtime
